import type { History } from "../../api";
import type { Day } from "./Bars";

/** The days of one part. */
export function daysOf(part: string, days: History["days"]): Day[] {
  return days.map(({ date, parts }) => ({ day: date, availability: parts.find(({ name }) => name === part)?.availability ?? null }));
}

/** "2 h 5 min": how long an incident was, or has been. */
export function duration(from: string, to: string | null | undefined, now: number): string {
  const minutes = Math.max(1, Math.round(((to ? Date.parse(to) : now) - Date.parse(from)) / 60_000));
  const [days_, hours, rest] = [Math.floor(minutes / 1_440), Math.floor((minutes % 1_440) / 60), minutes % 60];
  return [days_ && `${days_} d`, hours && `${hours} h`, rest && `${rest} min`].filter(Boolean).join(" ");
}
