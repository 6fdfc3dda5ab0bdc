import { useCallback } from "react";
import { status } from "../api";
import { Problem } from "../auth";
import { Notice } from "../parts/Notice";
import { Page } from "../parts/Page";
import { Failed } from "../parts/states";
import { useResource } from "../resource";

export default function Status() {
  const [resource, reload] = useResource(useCallback((signal: AbortSignal) => status(signal), []));
  return (
    <Page title="Status">
      {resource.phase === "failed" &&
        (resource.error instanceof Problem && resource.error.status === 404 ? (
          <Notice tone="info" title="Nothing is recorded yet">
            This installation does not record its availability.
          </Notice>
        ) : (
          <Failed what="The status could not be loaded" error={resource.error} retry={reload} />
        ))}
    </Page>
  );
}
