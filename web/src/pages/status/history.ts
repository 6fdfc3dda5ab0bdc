import type { History } from "../../api";
import type { Day } from "./Bars";

type Part = History["parts"][number];

/**
 * The last 90 days of a part, in UTC: each day's share outside of its incidents. A day before the first probe is not known;
 * how many days there were probes for, their number says, since there is one every five minutes.
 */
export function days(part: Part, incidents: History["incidents"], now: number): Day[] {
  const own = incidents
    .filter((incident) => incident.part === part.name)
    .map(({ started_at, ended_at }) => [Date.parse(started_at), ended_at ? Date.parse(ended_at) : now] as const);
  const probes = part.availability.find(({ window }) => window === "90d")?.probes ?? 0;
  const since = now - probes * PROBE_MS;
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  return Array.from({ length: DAYS }, (_, at) => {
    const start = today - (DAYS - 1 - at) * DAY_MS;
    const end = Math.min(start + DAY_MS, now);
    const known = probes > 0 && end > since;
    const lost = own.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, end) - Math.max(from, start)), 0);
    const seen = Math.max(1, end - start);
    return { day: new Date(start).toISOString().slice(0, 10), availability: known ? 1 - Math.min(1, lost / seen) : null };
  });
}

/** "2 h 5 min": how long an incident was, or has been. */
export function duration(from: string, to: string | null | undefined, now: number): string {
  const minutes = Math.max(1, Math.round(((to ? Date.parse(to) : now) - Date.parse(from)) / 60_000));
  const [days_, hours, rest] = [Math.floor(minutes / 1_440), Math.floor((minutes % 1_440) / 60), minutes % 60];
  return [days_ && `${days_} d`, hours && `${hours} h`, rest && `${rest} min`].filter(Boolean).join(" ");
}

const DAYS = 90;
const DAY_MS = 86_400_000;
const PROBE_MS = 5 * 60_000;
