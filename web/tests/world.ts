// A browser with tabs and a server, in memory: every answer comes when the test says so.

import { AuthClient } from "../src/auth";
import type { Mark, Message, Tabs } from "../src/auth/tabs";

export const ADA = { id: "1", email: "ada@example.com", name: "Ada", created_at: "2026-01-02T03:04:05.678Z" };

/** Lets everything that can go on go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve));
}

/** For a promise that is looked at later, although it fails earlier. */
export function later<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** What the tabs of one browser share. Messages wait until `deliver`, as real ones take a moment. */
export class Browser {
  mark: Mark | null = null;
  /** Whether messages arrive by themselves, right after they were sent. */
  prompt = true;
  now = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #under = 0;
  most = 0;
  readonly #ears = new Map<Tabs, (message: Message) => void>();
  readonly #waiting: (() => void)[] = [];

  tabs(): Tabs {
    const own: Tabs = {
      exclusively: <T>(body: () => Promise<T>) => {
        const turn = this.#tail.then(async () => {
          this.most = Math.max(this.most, (this.#under += 1));
          try {
            return await body();
          } finally {
            this.#under -= 1;
          }
        });
        this.#tail = turn.catch(() => undefined);
        return turn;
      },
      mark: () => this.mark,
      leave: (out) => {
        this.mark = { at: (this.mark?.at ?? 0) + 1, out };
        return this.mark.at;
      },
      post: (message) => {
        for (const [tab, hear] of this.#ears) {
          if (tab === own) continue;
          this.#waiting.push(() => hear(message));
        }
        if (this.prompt) queueMicrotask(() => this.deliver());
      },
      listen: (heard) => {
        this.#ears.set(own, heard);
        return () => this.#ears.delete(own);
      },
    };
    return own;
  }

  deliver(): void {
    for (const message of this.#waiting.splice(0)) message();
  }

  open(server: Server, options: { hearing?: number } = {}): AuthClient {
    return new AuthClient({ fetch: server.fetch, tabs: this.tabs(), now: () => this.now, hearing: options.hearing ?? 20 });
  }
}

interface Pending {
  method: string;
  path: string;
  token: string | null;
  body: unknown;
  answer: (status: number, body?: unknown, headers?: Record<string, string>) => Promise<void>;
  fail: () => Promise<void>;
}

/** Requests that wait for an answer, unless `automatic` has one. */
export class Server {
  readonly pending: Pending[] = [];
  /** `METHOD path token` of every request so far. */
  readonly seen: string[] = [];
  automatic: ((path: string, token: string | null) => [number, unknown?] | null) | null = null;
  #issued = 0;

  readonly fetch = async (input: RequestInfo | URL): Promise<Response> => {
    const request = input as Request;
    const path = new URL(request.url).pathname.replace("/api/v1/", "");
    const token = request.headers.get("authorization")?.replace("Bearer ", "") ?? null;
    this.seen.push(`${path} ${token ?? "-"}`);
    const own = this.automatic?.(path, token);
    const body: unknown = await request.text().then((text) => (text === "" ? null : (JSON.parse(text) as unknown)));
    if (own) return respond(own[0], own[1]);
    return new Promise((resolve, reject) => {
      this.pending.push({
        method: request.method,
        path,
        token,
        body,
        answer: async (status, answered, headers) => (resolve(respond(status, answered, headers)), await settle()),
        fail: async () => (reject(new TypeError("Failed to fetch")), await settle()),
      });
    });
  };

  granted(user = ADA, seconds = 1_800) {
    return { access_token: `token${(this.#issued += 1)}`, token_type: "bearer", expires_in: seconds, user };
  }

  count(path: string): number {
    return this.seen.filter((line) => line.startsWith(`${path} `)).length;
  }

  /** The next request that waits, taken off the list. */
  async next(path: string): Promise<Pending> {
    await settle();
    const at = this.pending.findIndex((request) => request.path === path);
    const [found] = at < 0 ? [] : this.pending.splice(at, 1);
    if (!found) throw new Error(`no request for ${path} waits, but ${this.pending.map((request) => request.path).join() || "none"}`);
    return found;
  }
}

export const UNAUTHENTICATED = { code: "unauthenticated", detail: "Send a valid access token." };
export const REFUSED = { code: "invalid_refresh_token", detail: "The refresh token is not valid any more." };

function respond(status: number, body?: unknown, headers: Record<string, string> = {}): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
}
