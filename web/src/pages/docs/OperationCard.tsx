import { example, fields, type ApiDocument, type Field, type Route, type Schema } from "./document";
import { Line, Prose } from "./Prose";

export function OperationCard({ document, route }: { document: ApiDocument; route: Route }) {
  const { operationId, method, path, summary, description, security, parameters, requestBody, responses } = route;
  const schemes = [...new Set((security ?? []).flatMap(Object.keys))];
  return (
    <article className="operation" id={operationId} aria-labelledby={`${operationId}-name`}>
      <h3 id={`${operationId}-name`}>{summary}</h3>
      <p className="route">
        <span className="method" data-method={method}>
          {method}
        </span>{" "}
        <code>{path}</code>
      </p>
      {description !== undefined && <Prose>{description}</Prose>}
      <p className="quiet">
        {schemes.length === 0 ? "Anyone may call it." : schemes.map((scheme) => WHO[scheme] ?? scheme).join(" ")}
      </p>
      {parameters && parameters.length > 0 && (
        <Fields
          title="In the path"
          found={parameters.map(({ name, required = false, description: text = "" }) => ({ name, required, description: text, depth: 0, type: "string" }))}
        />
      )}
      {requestBody &&
        Object.entries(requestBody.content).map(([type, { schema }]) => (
          <Fields key={type} title={`Send, as ${type}`} found={fields(document, schema)} />
        ))}
      <Answers document={document} responses={responses} />
      <details>
        <summary>With curl</summary>
        <pre className="code" tabIndex={0} aria-label={`curl for ${summary}`}>
          {curl(document, route)}
        </pre>
      </details>
    </article>
  );
}

function Answers({ document, responses }: { document: ApiDocument; responses: Route["responses"] }) {
  const all = Object.entries(responses);
  const body = all.find(([status]) => status.startsWith("2"))?.[1].content?.["application/json"]?.schema;
  return (
    <>
      <h4>Answers</h4>
      <ul className="answers">
        {all.map(([status, { description }]) => (
          <li key={status}>
            <span className="status" data-good={status.startsWith("2") || undefined}>
              {status}
            </span>
            <span>
              <Line>{description}</Line>
            </span>
          </li>
        ))}
      </ul>
      {body && <Body document={document} schema={body} />}
    </>
  );
}

function Body({ document, schema }: { document: ApiDocument; schema: Schema }) {
  const found = fields(document, schema);
  if (found.length === 0) return null;
  return (
    <details>
      <summary>The body, field by field</summary>
      <Fields found={found} />
    </details>
  );
}

function Fields({ title, found }: { title?: string; found: Field[] }) {
  if (found.length === 0) return null;
  return (
    <>
      {title !== undefined && <h4>{title}</h4>}
      <ul className="fields">
        {found.map(({ name, depth, type, required, description }) => (
          <li key={name} data-depth={Math.min(depth, 3)}>
            <p>
              <code className="field-name">{name}</code> <span className="quiet">{type}</span>
              {!required && <span className="quiet"> · optional</span>}
            </p>
            {description !== "" && <Prose>{description}</Prose>}
          </li>
        ))}
      </ul>
    </>
  );
}

function curl(document: ApiDocument, { method, path, security, requestBody }: Route): string {
  const lines = [`curl ${method === "GET" ? "" : `-X ${method} `}${location.origin}${path}`];
  const schemes = (security ?? []).flatMap(Object.keys);
  if (schemes.includes("accessToken")) lines.push('-H "authorization: Bearer $TOKEN"');
  if (schemes.includes("operatorToken")) lines.push('-H "authorization: Bearer $OPERATOR_TOKEN"');
  const json = requestBody?.content["application/json"];
  if (json) lines.push("-H 'content-type: application/json'", `-d '${JSON.stringify(example(document, json.schema))}'`);
  return lines.join(" \\\n  ");
}

const WHO: Record<string, string> = {
  accessToken: "Needs an access token, as Authorization: Bearer.",
  operatorToken: "Needs the operator's token, as Authorization: Bearer.",
  refreshCookie: "Takes the refresh token from the body, or from the cookie of this site.",
};
