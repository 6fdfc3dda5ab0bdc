import { useEffect, useState } from "react";
import { hour, wait } from "../time";

/** Seconds until `until` (ms since 1970), counted down; 0 when it is over or there is none. */
export function useSecondsLeft(until: number | null): number {
  const [now, setNow] = useState(() => Date.now());
  const left = until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1_000));
  useEffect(() => {
    if (until === null) return;
    const look = () => setNow(Date.now());
    const soon = setTimeout(look);
    const tick = setInterval(look, 1_000);
    return () => {
      clearTimeout(soon);
      clearInterval(tick);
    };
  }, [until]);
  return left;
}

/** A countdown to look at: it is read out once, where it stands in a notice, and not every second. */
export function Countdown({ until }: { until: number }) {
  const left = useSecondsLeft(until);
  return (
    <>
      <span aria-hidden="true" className="countdown">
        {wait(left)}
      </span>
      <span className="hidden">until {hour(until)}</span>
    </>
  );
}
