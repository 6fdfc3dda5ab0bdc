// Times in words.

const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const MOMENT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const AGO = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });

export const date = (at: string | Date) => DATE.format(new Date(at));
export const moment = (at: string | Date) => MOMENT.format(new Date(at));
export const hour = (at: string | Date | number) => HOUR.format(new Date(at));

/** "3 hours ago". */
export function ago(at: string, now = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1_000;
  if (seconds > -60) return "just now";
  for (const [unit, size] of UNITS) {
    if (seconds <= -size) return AGO.format(Math.round(seconds / size), unit);
  }
  return "just now";
}

/** "12 min 5 s": how long to wait. */
export function wait(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  const [hours, minutes, rest] = [Math.floor(left / 3_600), Math.floor((left % 3_600) / 60), left % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;
