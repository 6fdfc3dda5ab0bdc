import { useState } from "react";
import { history, type History } from "../api";
import { Icon } from "../parts/Icon";
import { Notice } from "../parts/Notice";
import { Page } from "../parts/Page";
import { Coming, Failed } from "../parts/states";
import { useResource } from "../resource";
import { ago, moment } from "../time";
import { Bars, share } from "./status/Bars";
import { daysOf, duration } from "./status/history";
import "./status/status.css";

export default function Status() {
  const [resource, reload] = useResource(history);
  return (
    <Page title="Status" width="middle" lead="Each part is probed every five minutes, from the inside.">
      {resource.phase === "failed" && <Failed what="The status could not be loaded" error={resource.error} retry={reload} />}
      {resource.phase === "loading" && (
        <Coming what="the status">
          <div className="skeleton skeleton-row" aria-hidden="true" />
          <div className="skeleton skeleton-block" aria-hidden="true" />
        </Coming>
      )}
      {resource.value && <Report found={resource.value} />}
    </Page>
  );
}

function Report({ found }: { found: History }) {
  const [now] = useState(() => Date.now());
  const down = found.parts.filter(({ state }) => state === "down").map(({ name }) => wordsFor(name).name);
  const probes = found.parts.reduce((sum, { availability }) => sum + (availability.at(-1)?.probes ?? 0), 0);
  return (
    <>
      <div className="overall" data-state={found.status} role="status">
        <Icon name={found.status === "up" ? "ok" : found.status === "down" ? "warn" : "info"} />
        <p>
          {found.status === "up" && "Everything works"}
          {found.status === "down" && `Not working: ${down.join(", ")}`}
          {found.status === "unknown" && "Not known just now"}
        </p>
      </div>
      {probes === 0 && (
        <Notice tone="info" title="Nothing is recorded yet">
          The first probes come within five minutes, and the history begins with them.
        </Notice>
      )}
      <ul className="parts">
        {found.parts.map((part) => (
          <li key={part.name} className="part">
            <div className="part-head">
              <h2>{wordsFor(part.name).name}</h2>
              <p className="state" data-state={part.state}>
                <Icon name={part.state === "up" ? "ok" : part.state === "down" ? "error" : "info"} />
                {part.state === "up" ? "works" : part.state === "down" ? "does not answer" : "not probed of late"}
              </p>
            </div>
            <p className="quiet">
              {wordsFor(part.name).what}
              {part.probed_at && ` Probed ${ago(part.probed_at, now)}.`}
            </p>
            {probes > 0 && <Bars name={wordsFor(part.name).name} days={daysOf(part.name, found.days)} line={found.target} />}
            {probes > 0 && (
              <dl className="windows">
                {part.availability.map(({ window, share: answered, meets_target }) => (
                  <div key={window}>
                    <dt>{WINDOWS[window] ?? window}</dt>
                    <dd data-low={meets_target === false || undefined}>
                      {answered === null ? "–" : share(answered)}
                      {meets_target === false && <span className="hidden"> (below {share(found.target)})</span>}
                    </dd>
                  </div>
                ))}
              </dl>
            )}
          </li>
        ))}
      </ul>
      {probes > 0 && (
        <section className="incidents" aria-labelledby="incidents">
          <h2 id="incidents">Incidents of the last 90 days</h2>
          {found.incidents.length === 0 ? (
            <p className="quiet">None.</p>
          ) : (
            <ol>
              {found.incidents.map(({ part, started_at, ended_at }) => (
                <li key={`${part} ${started_at}`}>
                  <p>
                    <strong>{wordsFor(part).name}</strong> did not answer for {duration(started_at, ended_at, now)}
                    {!ended_at && ", and still does not"}
                  </p>
                  <p className="quiet">
                    {moment(started_at)} to {ended_at ? moment(ended_at) : "now"}
                  </p>
                </li>
              ))}
            </ol>
          )}
        </section>
      )}
    </>
  );
}

function wordsFor(part: string): { name: string; what: string } {
  return PARTS[part] ?? { name: part, what: "" };
}

const PARTS: Record<string, { name: string; what: string }> = {
  database: { name: "Accounts", what: "Sign-in, sessions and devices." },
  limiter: { name: "Checks", what: "Judging texts and counting them." },
  objects: { name: "Backups", what: "Copies of the accounts' data." },
};

const WINDOWS: Record<string, string> = { "24h": "24 hours", "7d": "7 days", "30d": "30 days", "90d": "90 days" };
