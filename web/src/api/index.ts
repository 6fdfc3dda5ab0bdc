// The Worker's interface as functions, typed by its own description. Each throws what `../auth` throws: Problem,
// Unreachable or SignedOut.

import createClient from "openapi-fetch";
import { Unreachable, problemOf, type User } from "../auth";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Detection = Schemas["DetectReply"];
export type Left = Schemas["Usage"];
export type Sentence = Schemas["Sentence"];
export type Ready = Schemas["Ready"];
export type Session = Schemas["SessionBody"];
export type Signal = Schemas["Signal"];

type Send = (input: Request) => Promise<Response>;

export async function detectText(send: Send, text: string, signal: AbortSignal): Promise<Detection> {
  const { data } = await client(send).POST("/api/v1/ai-tools/detect", { body: { text }, signal });
  return present(data);
}

/** The Worker reads the text out of the file and answers it as `document`. */
export async function detectFile(send: Send, file: File, signal: AbortSignal): Promise<Detection> {
  const form = new FormData();
  form.set("file", file);
  const { data } = await client(send).POST("/api/v1/ai-tools/detect", {
    // A file is no JSON: what is sent is the form.
    body: { file: file.name },
    bodySerializer: () => form,
    signal,
  });
  return present(data);
}

export async function sessions(send: Send, signal: AbortSignal): Promise<Session[]> {
  const { data } = await client(send).GET("/api/v1/auth/sessions", { signal });
  return present(data).sessions;
}

export async function revokeSession(send: Send, id: string): Promise<number> {
  const { data } = await client(send).DELETE("/api/v1/auth/sessions/{id}", { params: { path: { id } } });
  return present(data).revoked;
}

export async function revokeOtherSessions(send: Send): Promise<number> {
  const { data } = await client(send).DELETE("/api/v1/auth/sessions");
  return present(data).revoked;
}

/** What is left of the limit on checks: of the window with the least room. */
export async function checksLeft(send: Send, signal: AbortSignal): Promise<Left | null> {
  const { data } = await client(send).GET("/api/v1/usage", { signal });
  return present(data).detect.reduce<Left | null>((least, window) => (least && least.remaining <= window.remaining ? least : window), null);
}

export async function rename(send: Send, name: string | null): Promise<User> {
  const { data } = await client(send).PATCH("/api/v1/auth/me", { body: { name } });
  return present(data);
}

/** @returns how many other sessions that has ended */
export async function changePassword(send: Send, current_password: string, new_password: string): Promise<number> {
  const { data } = await client(send).POST("/api/v1/auth/password", { body: { current_password, new_password } });
  return present(data).revoked;
}

/** How each part is and was. */
export interface History {
  status: string;
  /** The share of probes that are to be answered. */
  target: number;
  parts: {
    name: string;
    state: string;
    probed_at?: string | null;
    availability: { window: string; probes: number; share?: number | null; meets_target?: boolean | null }[];
  }[];
  incidents: { part: string; started_at: string; ended_at?: string | null }[];
}

export async function history(signal: AbortSignal): Promise<History> {
  const response = await anonymous(new Request(new URL("/api/v1/status", location.origin), { signal, cache: "no-store" }));
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as History;
}

/** How each part is right now. A part that does not answer makes it a 503 with the same body. */
export async function ready(signal: AbortSignal): Promise<Ready> {
  const response = await anonymous(new Request(new URL("/readyz", location.origin), { signal, cache: "no-store" }));
  const body = (await response.clone().json().catch(() => null)) as Ready | null;
  if (body === null || !("checks" in body)) throw await problemOf(response);
  return body;
}

/** Without an access token. */
export async function anonymous(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable("The server did not answer.", { cause: error });
  }
}

function client(send: Send) {
  const made = createClient<paths>({ baseUrl: location.origin, fetch: send, cache: "no-store" });
  made.use({
    async onResponse({ response }) {
      if (!response.ok) throw await problemOf(response);
    },
  });
  return made;
}

function present<T>(data: T | undefined): T {
  if (data === undefined) throw new TypeError("an answer without a body");
  return data;
}
