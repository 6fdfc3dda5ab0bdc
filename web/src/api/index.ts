// The Worker's interface as functions. Each throws what `../auth` throws: Problem, Unreachable or SignedOut.

import { Unreachable, problemOf } from "../auth";
import type { Detection, Revoked, Sessions, Status } from "./types";

export type { Detection, Session, Signal, Status } from "./types";

type Fetch = (input: Request) => Promise<Response>;

export function detectText(send: Fetch, text: string, signal: AbortSignal): Promise<Detection> {
  return json(send, "/api/v1/ai-tools/detect", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text }),
    signal,
  });
}

/** The Worker reads the text out of the file and answers it as `document`. */
export function detectFile(send: Fetch, file: File, signal: AbortSignal): Promise<Detection> {
  const body = new FormData();
  body.set("file", file);
  return json(send, "/api/v1/ai-tools/detect", { method: "POST", body, signal });
}

export function sessions(send: Fetch, signal: AbortSignal): Promise<Sessions> {
  return json(send, "/api/v1/auth/sessions", { signal });
}

export function revokeSession(send: Fetch, id: string): Promise<Revoked> {
  return json(send, `/api/v1/auth/sessions/${encodeURIComponent(id)}`, { method: "DELETE" });
}

export function revokeOtherSessions(send: Fetch): Promise<Revoked> {
  return json(send, "/api/v1/auth/sessions", { method: "DELETE" });
}

/** How the service is and was: needs no sign-in. */
export function status(signal: AbortSignal): Promise<Status> {
  return json(plain, "/api/v1/status", { signal });
}

async function plain(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable("The server did not answer.", { cause: error });
  }
}

async function json<T>(send: Fetch, path: string, init: RequestInit): Promise<T> {
  const response = await send(new Request(new URL(path, location.origin), { cache: "no-store", ...init }));
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}
