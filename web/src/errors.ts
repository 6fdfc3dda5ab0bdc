// Errors in words, for people.

import { Problem, SignedOut } from "./auth";

export interface Explanation {
  title: string;
  text: string;
}

export function explain(error: unknown): Explanation {
  if (error instanceof SignedOut) return { title: "Your session has ended", text: "Sign in again to go on." };
  if (error instanceof Problem) return { title: title(error), text: error.detail };
  if (!navigator.onLine) return { title: "You are offline", text: "Nothing is lost. Try again when you are back online." };
  if (error instanceof Error && error.name === "TimeoutError") {
    return { title: "That took too long", text: "The server did not answer in time. Try again in a moment." };
  }
  return { title: "We can't reach the server", text: "It does not answer just now. Nothing is lost; try again in a moment." };
}

function title({ status, code }: Problem): string {
  if (code === "rate_limited" || code === "too_many_attempts") return "Too many at once";
  if (status === 503) return "The service is busy";
  if (status >= 500) return "Something went wrong on our side";
  return "That could not be accepted";
}
