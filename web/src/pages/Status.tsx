import { useCallback } from "react";
import { ready, type Ready } from "../api";
import { Icon } from "../parts/Icon";
import { Page } from "../parts/Page";
import { Failed } from "../parts/states";
import { useResource } from "../resource";
import "./status.css";

export default function Status() {
  const [resource, reload] = useResource(useCallback((signal: AbortSignal) => ready(signal), []));
  return (
    <Page title="Status" width="middle">
      {resource.phase === "failed" && <Failed what="The status could not be loaded" error={resource.error} retry={reload} />}
      {resource.phase === "loading" && <div className="skeleton skeleton-block" aria-busy="true" />}
      {resource.value && <Now ready={resource.value} />}
    </Page>
  );
}

function Now({ ready: { checks } }: { ready: Ready }) {
  const parts = PARTS.map(({ key, name, what }) => ({ name, what, ok: checks[key] === "ok" }));
  const bad = parts.filter(({ ok }) => !ok);
  return (
    <>
      <div className="overall" data-state={bad.length === 0 ? "ok" : "down"} role="status">
        <Icon name={bad.length === 0 ? "ok" : "warn"} />
        <p>{bad.length === 0 ? "All parts work" : `${bad.map(({ name }) => name).join(" and ")} not working`}</p>
      </div>
      <ul className="parts">
        {parts.map(({ name, what, ok }) => (
          <li key={name} className="part">
            <div className="part-head">
              <h2>{name}</h2>
              <p className="state" data-state={ok ? "ok" : "down"}>
                <Icon name={ok ? "ok" : "error"} /> {ok ? "works" : "does not answer"}
              </p>
            </div>
            <p className="quiet">{what}</p>
          </li>
        ))}
      </ul>
    </>
  );
}

const PARTS = [
  { key: "database", name: "Accounts", what: "Sign-in, sessions and devices." },
  { key: "limiter", name: "Checks", what: "Judging texts and counting them." },
  { key: "objects", name: "Backups", what: "Copies of the accounts' data." },
] as const;
