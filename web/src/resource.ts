import { useCallback, useEffect, useState } from "react";
import { SignedOut } from "./auth";

export type Resource<T> =
  | { phase: "loading"; value?: undefined }
  | { phase: "ready"; value: T }
  /** `value` is what was there before. */
  | { phase: "failed"; error: unknown; value?: T | undefined };

/** Loads something and loads it again on demand; what was there stays until the new is there. `load` must be stable. */
export function useResource<T>(load: (signal: AbortSignal) => Promise<T>): [Resource<T>, () => void] {
  const [resource, setResource] = useState<Resource<T>>({ phase: "loading" });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((count) => count + 1), []);
  useEffect(() => {
    const leaving = new AbortController();
    const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(20_000)]);
    load(signal).then(
      (value) => {
        if (!leaving.signal.aborted) setResource({ phase: "ready", value });
      },
      (error: unknown) => {
        // Who is signed out is on the way to another page.
        if (leaving.signal.aborted || error instanceof SignedOut) return;
        setResource((before) => ({ phase: "failed", error, value: before.value }));
      },
    );
    return () => leaving.abort();
  }, [load, turn]);
  return [resource, reload];
}
