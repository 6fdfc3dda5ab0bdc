import type { ReactNode } from "react";

import { explain } from "../errors";
import { Button } from "./Button";
import { Notice } from "./Notice";

/** The room that a page will take, while it is on its way. */
export function PageSkeleton() {
  return (
    <div className="page page-coming" aria-busy="true">
      <p className="hidden" role="status">
        Loading
      </p>
      <div className="page-head" aria-hidden="true">
        <div className="skeleton skeleton-title" />
        <div className="skeleton skeleton-line" />
      </div>
      <div className="skeleton skeleton-block" aria-hidden="true" />
    </div>
  );
}

export function Unreachable({ retry }: { retry: () => void }) {
  return (
    <div className="page page-narrow">
      <h1>We can't reach the server</h1>
      <p className="lead">
        {navigator.onLine
          ? "It does not answer just now. If you are signed in, you still are."
          : "You are offline. If you are signed in, you still are."}
      </p>
      <p>This page tries again by itself.</p>
      <p>
        <Button onClick={retry}>Try again now</Button>
      </p>
    </div>
  );
}

/** In the place of what could not be loaded. */
export function Failed({ what, error, retry }: { what: string; error: unknown; retry: () => void }) {
  const { text } = explain(error);
  return (
    <Notice
      tone="error"
      title={what}
      action={
        <Button kind="quiet" onClick={retry}>
          Try again
        </Button>
      }
    >
      {text}
    </Notice>
  );
}

/** The place of something on a page while it comes: said to those who hear the page, drawn for those who see it. */
export function Coming({ what, children }: { what: string; children: ReactNode }) {
  return (
    <div aria-busy="true">
      <p className="hidden" role="status">
        Loading {what}
      </p>
      {children}
    </div>
  );
}
