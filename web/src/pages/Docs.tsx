import { useCallback } from "react";
import { anonymous } from "../api";
import { problemOf } from "../auth";
import { Page } from "../parts/Page";
import { Failed } from "../parts/states";
import { useResource } from "../resource";
import { groups, type ApiDocument } from "./docs/document";
import { OperationCard } from "./docs/OperationCard";
import { Prose } from "./docs/Prose";
import "./docs/docs.css";

/** The reference of the HTTP interface, made from the document that the Worker itself is described by. */
export default function Docs() {
  const [resource, reload] = useResource(useCallback((signal: AbortSignal) => load(signal), []));
  return (
    <Page
      title="HTTP interface"
      lead={
        <>
          All that this app does, your programs can do. The same as <a href="/openapi.json">an OpenAPI 3.1 document</a>.
        </>
      }
    >
      {resource.phase === "failed" && <Failed what="The description could not be loaded" error={resource.error} retry={reload} />}
      {resource.phase === "loading" && (
        <div className="docs" aria-busy="true">
          <div className="skeleton skeleton-block" aria-hidden="true" />
          <div className="skeleton skeleton-block" aria-hidden="true" />
        </div>
      )}
      {resource.value && <Reference document={resource.value} />}
    </Page>
  );
}

function Reference({ document }: { document: ApiDocument }) {
  const found = groups(document);
  return (
    <div className="docs">
      <nav className="docs-nav" aria-label="Operations">
        {found.map(({ name, routes }) => (
          <div key={name}>
            <p className="docs-tag">{name}</p>
            <ul>
              {routes.map(({ operationId, summary }) => (
                <li key={operationId}>
                  <a href={`#${operationId}`}>{summary}</a>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <div className="docs-body">
        <section className="docs-intro">
          <h2>Errors and limits</h2>
          <Prose>
            {"Errors are `application/problem+json` with a stable `code`; input errors list every field at once. Every answer has an `x-request-id`: name it when you report a fault. Limited routes answer with `RateLimit-Policy` and `RateLimit`, and 429 with `Retry-After`."}
          </Prose>
        </section>
        {found.map(({ name, description, routes }) => (
          <section key={name} aria-labelledby={`tag-${name}`}>
            <h2 id={`tag-${name}`} className="docs-group">
              {name}
            </h2>
            <Prose>{description}</Prose>
            {routes.map((route) => (
              <OperationCard key={route.operationId} document={document} route={route} />
            ))}
          </section>
        ))}
      </div>
    </div>
  );
}

async function load(signal: AbortSignal): Promise<ApiDocument> {
  const response = await anonymous(new Request(new URL("/openapi.json", location.origin), { signal }));
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as ApiDocument;
}
