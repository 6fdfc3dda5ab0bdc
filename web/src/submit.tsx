// What every form does: one submission at a time, the server's words at the fields that they are about, and its waits.

import { useState, type ReactNode } from "react";
import { Problem, SignedOut } from "./auth";
import { explain } from "./errors";
import { Notice } from "./parts/Notice";
import { Countdown, useSecondsLeft } from "./parts/Wait";

type Values = Partial<Record<string, string>>;

export interface Submission {
  /** For Base UI's `Form`. */
  submit: (values: Record<string, unknown>) => void;
  errors: Record<string, string>;
  busy: boolean;
  /** The server has said to wait. */
  waiting: boolean;
  /** What went wrong and belongs to no field. */
  notice: ReactNode;
  /** What `action` has said when it was done. */
  done: string | null;
}

/** @param action throws a Problem when the server refuses; `refused` may give words of its own for one */
export function useSubmit(
  action: (values: Values) => Promise<string | null>,
  refused: (problem: Problem) => { errors?: Record<string, string>; title?: string; text?: string } | null = () => null,
): Submission {
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<{ title: string; text: string } | null>(null);
  const [waitUntil, setWaitUntil] = useState<number | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const waiting = useSecondsLeft(waitUntil) > 0;

  const run = async (values: Values) => {
    setBusy(true);
    setFailure(null);
    setDone(null);
    try {
      setDone(await action(values));
    } catch (error) {
      if (error instanceof SignedOut) return;
      const own = error instanceof Problem ? refused(error) : null;
      if (own?.errors) {
        setErrors(own.errors);
      } else if (error instanceof Problem && error.code === "invalid_input") {
        setErrors(Object.fromEntries(error.fields.map(({ field, message }) => [field, message])));
      } else if (error instanceof Problem && error.status === 429 && error.retryAfter !== null) {
        setWaitUntil(Date.now() + error.retryAfter * 1_000);
      } else {
        setFailure({ ...explain(error), ...own });
      }
    } finally {
      setBusy(false);
    }
  };

  return {
    submit: (values) => {
      if (!busy && !waiting) void run(values as Values);
    },
    errors,
    busy,
    waiting,
    done,
    notice:
      waiting && waitUntil !== null ? (
        <Notice tone="warn" title="Too many attempts">
          You can try again in <Countdown until={waitUntil} />.
        </Notice>
      ) : failure ? (
        <Notice tone="error" title={failure.title}>
          {failure.text}
        </Notice>
      ) : null,
  };
}
