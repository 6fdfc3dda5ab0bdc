// The Worker's interface as functions, typed by its own description. Each throws what `../auth` throws: Problem,
// Unreachable or SignedOut.

import createClient from "openapi-fetch";
import { Unreachable, problemOf, type User } from "../auth";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Detection = Schemas["DetectReply"];
export type Left = Schemas["Usage"];
export type Sentence = Schemas["Sentence"];
/** How each part is and was. */
export type History = Schemas["StatusBody"];
export type Session = Schemas["SessionBody"];
export type Signal = Schemas["Signal"];
export type Opinion = Schemas["OpinionBody"];
export type Usage = Schemas["UsageBody"];

type Send = (input: Request) => Promise<Response>;

/** @param second_opinion whether the text may go to another model, elsewhere */
export async function detectText(send: Send, text: string, second_opinion: boolean, signal: AbortSignal): Promise<Detection> {
  const { data } = await client(send).POST("/api/v1/ai-tools/detect", { body: { text, second_opinion }, signal });
  return present(data);
}

/** The Worker reads the text out of the file and answers it as `document`. */
export async function detectFile(send: Send, file: File, second_opinion: boolean, signal: AbortSignal): Promise<Detection> {
  const form = new FormData();
  form.set("second_opinion", String(second_opinion));
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

/** What was used, what is left of it, and who else could be asked. */
export async function usage(send: Send, signal: AbortSignal): Promise<Usage> {
  const { data } = await client(send).GET("/api/v1/usage", { signal });
  return present(data);
}

/** What is left of the limit on checks: of the window with the least room. */
export function leastLeft({ detect }: Usage): Left | null {
  return detect.reduce<Left | null>((least, window) => (least && least.remaining <= window.remaining ? least : window), null);
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

export async function history(signal: AbortSignal): Promise<History> {
  const { data } = await client(anonymous).GET("/api/v1/status", { signal });
  return present(data);
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
