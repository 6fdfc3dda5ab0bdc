// The text at hand, in memory only: it outlives a change of page and a sign-in in between, and nothing else.

import { useSyncExternalStore } from "react";
import type { Detection, Left } from "./api";

export interface Draft {
  text: string;
  /** A file whose text the Worker reads. */
  file: File | null;
  result: Result | null;
  /** What is left of the limit, once that is known. */
  left: Left | null;
  /** Who could be asked for a second opinion, once that is known. */
  providers: string[] | null;
  /** Whether they are to be asked: somebody has said so for this tab. */
  ask: boolean;
  /** Until when the limit is used up, ms since 1970. */
  waitUntil: number | null;
}

export interface Result {
  detection: Detection;
  /** What was judged: its offsets are those of the sentences. */
  text: string;
  name: string | null;
  at: Date;
}

const EMPTY: Draft = { text: "", file: null, result: null, left: null, providers: null, ask: false, waitUntil: null };

let draft = EMPTY;
let owner: string | null = null;
const watchers = new Set<() => void>();

export function useDraft(): Draft {
  return useSyncExternalStore(subscribe, () => draft);
}

export function changeDraft(change: Partial<Draft>): void {
  draft = { ...draft, ...change };
  for (const watcher of watchers) watcher();
}

/** Whoever signs in next must not find what somebody else has left. */
export function forgetDraftOfOthers(userId: string): void {
  if (owner !== null && owner !== userId) changeDraft(EMPTY);
  owner = userId;
}

export function forgetDraft(): void {
  changeDraft(EMPTY);
}

function subscribe(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
