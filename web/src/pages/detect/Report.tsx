import type { RefObject } from "react";
import type { Detection } from "../../api";
import type { Result } from "../../draft";
import { Button } from "../../parts/Button";
import { Notice } from "../../parts/Notice";
import { moment } from "../../time";
import { number } from "../../words";
import { Opinion } from "./Opinion";
import { Sentences } from "./Sentences";
import { Signals } from "./Signals";
import { DISGUISES, meaning, percent } from "./words";

export function Report({ result, heading, busy }: { result: Result; heading: RefObject<HTMLHeadingElement | null>; busy: boolean }) {
  const { detection, text, name, at } = result;
  const { title, text: sense } = meaning(detection);
  const judged = detection.reason !== "too_short" && detection.reason !== "language";
  return (
    <section className="report" aria-labelledby="report" aria-busy={busy}>
      <header className="verdict" data-verdict={detection.verdict}>
        <div>
          <p className="overline">
            {name ?? "Your text"} · {number.format(detection.words)} words · {moment(at)}
          </p>
          <h2 id="report" ref={heading} tabIndex={-1}>
            {title}
          </h2>
          <p className="sense">{sense}</p>
        </div>
        {judged && <Gauge probability={detection.probability} />}
      </header>
      <Disguises detection={detection} />
      {detection.second_opinion && <Opinion opinion={detection.second_opinion} />}
      <div className="report-body">
        {detection.sentences.length > 0 && <Sentences text={text} sentences={detection.sentences} />}
        <aside className="report-side">
          {detection.signals.length > 0 && <Signals signals={detection.signals} />}
          <div className="caution">
            <h3>Before you use this</h3>
            <p>
              The model is wrong for some people all of the time, such as those who write in a second language or a set form.
              Let it be a reason to talk, never the only evidence against somebody.
            </p>
          </div>
        </aside>
      </div>
      <footer className="report-foot">
        <div className="report-actions no-print">
          <Button kind="quiet" onClick={() => download(result)}>
            Download the report (JSON)
          </Button>
          <Button kind="quiet" onClick={() => window.print()}>
            Print, or save as PDF
          </Button>
        </div>
        <p className="fine">
          Model {detection.model.version}, trained on {detection.model.trained_on}. Report {detection.id}.
        </p>
      </footer>
    </section>
  );
}

function Gauge({ probability }: { probability: number }) {
  const shown = percent(probability);
  const place = Math.min(99, Math.max(1, probability * 100));
  return (
    <div className="gauge">
      <p className="gauge-figure">
        <span className="gauge-number">{shown}</span> likely machine-written
      </p>
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect className="gauge-track" width="100" height="8" rx="1" />
        <rect className="gauge-fill" width={place} height="8" rx="1" />
        <rect className="gauge-middle" x="49.75" width="0.500" height="8" />
      </svg>
      <p className="gauge-ends" aria-hidden="true">
        <span>person</span>
        <span>machine</span>
      </p>
    </div>
  );
}

function Disguises({ detection: { manipulation } }: { detection: Detection }) {
  const found = DISGUISES.filter(([kind]) => manipulation[kind] > 0);
  if (found.length === 0) return null;
  const list = found.map(([kind, words]) => `${number.format(manipulation[kind])} ${words}`).join(", ");
  return (
    <Notice
      tone={manipulation.suspicious ? "warn" : "info"}
      title={manipulation.suspicious ? "The text is disguised" : "Some odd characters were found"}
    >
      {manipulation.suspicious
        ? `It contains ${list}. They mislead readers and detectors, and were undone before the text was judged.`
        : `It contains ${list}, as word processors leave behind. They were undone before the text was judged.`}
    </Notice>
  );
}

function download({ detection, text, name, at }: Result) {
  const report = { file: name, checked_at: at.toISOString(), text, ...detection };
  const url = URL.createObjectURL(new Blob([JSON.stringify(report, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `edgekeep-report-${detection.id}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
