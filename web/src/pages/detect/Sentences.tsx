import { useState } from "react";
import type { Sentence } from "../../api";
import { LEVELS, levelOf, percent } from "./words";

/** The text with each sentence shaded and underlined by its likelihood, a legend, and the same as a table. */
export function Sentences({ text, sentences }: { text: string; sentences: Sentence[] }) {
  const [open, setOpen] = useState(false);
  return (
    <div className="sentences">
      <h3>Sentence by sentence</h3>
      <ul className="legend" aria-label="Legend: likely written by a machine">
        {LEVELS.map(({ level, range, name }) => (
          <li key={level}>
            <span className={`swatch s s${level}`} aria-hidden="true">
              Aa
            </span>
            <span>
              {range} <span className="legend-name">{name}</span>
            </span>
          </li>
        ))}
      </ul>
      <div className="read" lang="en">
        {pieces(text, sentences).map(({ from, part, sentence }) =>
          sentence ? (
            <span key={from} className={`s s${levelOf(sentence.probability)}`} title={`${percent(sentence.probability)} likely machine-written`}>
              {part}
            </span>
          ) : (
            part
          ),
        )}
      </div>
      <details className="no-print" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>The same as a table</summary>
        {open && <Table text={text} sentences={sentences} />}
      </details>
    </div>
  );
}

function Table({ text, sentences }: { text: string; sentences: Sentence[] }) {
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label="Sentences">
      <table>
        <thead>
          <tr>
            <th scope="col">Machine</th>
            <th scope="col">Sentence</th>
          </tr>
        </thead>
        <tbody>
          {sentences.map(({ start, end, probability }) => (
            <tr key={start}>
              <td className="figure">{percent(probability)}</td>
              <td>{text.slice(start, end)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The text in order, with what stands between sentences (spaces and line breaks) as it is. */
export function pieces(text: string, sentences: Sentence[]): { from: number; part: string; sentence: Sentence | null }[] {
  const found = [];
  let at = 0;
  for (const sentence of sentences) {
    if (sentence.start > at) found.push({ from: at, part: text.slice(at, sentence.start), sentence: null });
    found.push({ from: sentence.start, part: text.slice(sentence.start, sentence.end), sentence });
    at = sentence.end;
  }
  if (at < text.length) found.push({ from: at, part: text.slice(at), sentence: null });
  return found;
}
