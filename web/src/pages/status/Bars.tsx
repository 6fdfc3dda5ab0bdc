import { date } from "../../time";

export interface Day {
  /** `2026-01-02`. */
  day: string;
  /** Share of the probes that succeeded, 0 to 1; `null` when there were none. */
  availability: number | null;
}

/** One bar a day, oldest first. Height says the same as colour, and the words below the same as both. */
export function Bars({ name, days, line }: { name: string; days: Day[]; line: number }) {
  const bad = days.filter(({ availability }) => availability !== null && availability < line);
  const seen = days.filter(({ availability }) => availability !== null).length;
  return (
    <>
      <svg
        className="bars"
        viewBox={`0 0 ${days.length * 4} 30`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name}: ${days.length} days, ${seen} of them recorded, ${bad.length} below ${share(line)}`}
      >
        {days.map(({ day, availability }, at) => {
          const level = levelOf(availability, line);
          const height = HEIGHTS[level];
          return (
            <rect key={day} className={`bar-${level}`} x={at * 4 + 0.5} width="3" y={30 - height} height={height} rx="0.75">
              <title>{`${date(day)}: ${availability === null ? "not recorded" : share(availability)}`}</title>
            </rect>
          );
        })}
      </svg>
      <p className="bars-ends" aria-hidden="true">
        <span>{days.length} days ago</span>
        <span>today</span>
      </p>
      {bad.length > 0 && (
        <details>
          <summary>
            {bad.length === 1 ? "1 day" : `${bad.length} days`} below {share(line)}
          </summary>
          <ul className="bad-days">
            {bad.toReversed().map(({ day, availability }) => (
              <li key={day}>
                {date(day)}: {share(availability ?? 0)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** "99.98 %": rounded down, so that a failure never reads as none. */
export function share(availability: number): string {
  const text = (Math.floor(availability * 100_00) / 100).toFixed(2);
  return `${text.replace(/\.?0+$/, "")} %`;
}

export type Level = "good" | "some" | "bad" | "none";

export function levelOf(availability: number | null, line: number): Level {
  if (availability === null) return "none";
  return availability >= line ? "good" : availability >= 0.99 ? "some" : "bad";
}

const HEIGHTS = { good: 30, some: 22, bad: 13, none: 4 };
