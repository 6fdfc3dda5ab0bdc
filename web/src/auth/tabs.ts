// What the tabs of one browser share: a lock, so that one of them at a time talks to the server about the session; a
// channel, on which access tokens and log-outs travel from memory to memory; and a mark in localStorage, which holds no
// secret. The mark is there at once in every tab, while a message takes a moment: whoever gets the lock and sees a mark
// that it knows nothing of waits for the message that belongs to it, instead of asking the server again.

import type { Ending, User } from "./types";

/** The mark after the latest change, and whether that change was a log-out. */
export interface Mark {
  at: number;
  out: boolean;
}

export type Message =
  | { type: "granted"; at: number; token: string; lifetime: number; user: User }
  | { type: "ended"; at: number; because: Ending };

export interface Tabs {
  /** Runs `body` while no other tab runs one. */
  exclusively<T>(body: () => Promise<T>): Promise<T>;
  /** The latest mark; `null` when there has never been one, or its storage was cleared. */
  mark(): Mark | null;
  /** Leaves a new mark, later than every one before. Only under the lock. */
  leave(out: boolean): number;
  post(message: Message): void;
  /** @returns how to stop listening */
  listen(heard: (message: Message) => void): () => void;
}

/** The tabs of this browser. What a browser lacks is done without: then tabs do not know of each other. */
export function browserTabs(name = "auth"): Tabs {
  const storage = safely(() => window.localStorage) ?? null;
  const locks = "locks" in navigator ? navigator.locks : null;
  let channel: BroadcastChannel | null = null;
  let own: Mark | null = null;
  let queue: Promise<unknown> = Promise.resolve();

  const mark = (): Mark | null => {
    const text = safely(() => storage?.getItem(name));
    const found = text ? /^(\d{1,16}) (in|out)$/.exec(text) : null;
    return found ? { at: Number(found[1]), out: found[2] === "out" } : storage ? null : own;
  };

  return {
    exclusively<T>(body: () => Promise<T>): Promise<T> {
      if (locks) return locks.request(name, body) as Promise<T>;
      const turn = queue.then(body);
      queue = turn.catch(() => undefined);
      return turn;
    },
    mark,
    leave(out) {
      const at = Math.max(Date.now(), (mark()?.at ?? 0) + 1);
      own = { at, out };
      safely(() => storage?.setItem(name, `${at} ${out ? "out" : "in"}`));
      return at;
    },
    post: (message) => channel?.postMessage(message),
    listen(heard) {
      const opened = safely(() => new BroadcastChannel(name)) ?? null;
      channel = opened;
      const onMessage = (event: MessageEvent) => heard(event.data as Message);
      opened?.addEventListener("message", onMessage);
      return () => {
        opened?.removeEventListener("message", onMessage);
        opened?.close();
        if (channel === opened) channel = null;
      };
    },
  };
}

// Storage and channels throw where a browser is told to keep nothing.
function safely<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}
