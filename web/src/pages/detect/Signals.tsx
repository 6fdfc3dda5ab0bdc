import type { Signal } from "../../api";

/** What spoke for a machine and what for a person, strongest first. */
export function Signals({ signals }: { signals: Signal[] }) {
  const machine = signals.filter(({ direction }) => direction === "ai");
  const person = signals.filter(({ direction }) => direction === "human");
  return (
    <div className="signals">
      <ul className="ranges-key">
        <li>
          <span className="key key-human" aria-hidden="true" /> usual for people
        </li>
        <li>
          <span className="key key-ai" aria-hidden="true" /> usual for machines
        </li>
        <li>
          <span className="key key-value" aria-hidden="true" /> this text
        </li>
      </ul>
      <h3>What spoke for a machine</h3>
      <List signals={machine} none="Nothing that stands out." />
      <h3>What spoke for a person</h3>
      <List signals={person} none="Nothing that stands out." />
    </div>
  );
}

function List({ signals, none }: { signals: Signal[]; none: string }) {
  if (signals.length === 0) return <p className="quiet">{none}</p>;
  return (
    <ul className="signal-list">
      {signals.map((signal) => {
        const [finding, usual] = signal.text.split("; ");
        return (
          <li key={signal.name}>
            <p>{capital(finding ?? signal.text)}</p>
            <Ranges signal={signal} />
            {usual !== undefined && <p className="quiet">{capital(usual)}</p>}
          </li>
        );
      })}
    </ul>
  );
}

/** The value among the usual ranges: people's above, machines' below. The words beside it say the same. */
function Ranges({ signal: { value, usual_human, usual_ai } }: { signal: Signal }) {
  const ends = [value, usual_human.low, usual_human.high, usual_ai.low, usual_ai.high];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const span = high - low || 1;
  const x = (at: number) => 2 + ((at - low) / span) * 96;
  const bar = (range: { low: number; high: number }) => ({ x: x(range.low), width: Math.max(1, x(range.high) - x(range.low)) });
  return (
    <svg className="ranges" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
      <rect className="range-human" y="1" height="4" {...bar(usual_human)} />
      <rect className="range-ai" y="7" height="4" {...bar(usual_ai)} />
      <rect className="range-value" x={x(value) - 0.6} width="1.200" y="0" height="12" />
    </svg>
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
