// Sign-in for a browser, without a framework. The access token lives in this object and nowhere else; the refresh token
// lives in an HttpOnly cookie that no script can read.
//
// What must hold:
// - One refresh at a time, whatever the number of callers and tabs. The server would forgive two, but only two.
// - Every change of the cookie (log-in, refresh, log-out) happens under the lock of the tabs, so that a late answer never
//   overwrites a newer session.
// - A request is repeated at most once, and only when the server has refused its token: then it has done nothing.

import { Problem, SignedOut, Unreachable, problemOf } from "./problem";
import { browserTabs, type Message, type Tabs } from "./tabs";
import type { AuthState, Credentials, Ending, Granted, Registration, User } from "./types";

export interface AuthOptions {
  /** Where the routes `register`, `login`, `refresh`, `logout` and `me` are. */
  base?: string;
  fetch?: typeof fetch;
  tabs?: Tabs;
  /** Milliseconds of a clock that is never set back. */
  now?: () => number;
  /** How long the server may take to answer a question about the session, in milliseconds. */
  patience?: number;
  /** How long a message of another tab may be on its way, in milliseconds. */
  hearing?: number;
}

interface Token {
  value: string;
  /** By `now`. */
  expiresAt: number;
}

export class AuthClient {
  readonly #base: string;
  readonly #fetch: typeof fetch;
  readonly #tabs: Tabs;
  readonly #now: () => number;
  readonly #patience: number;
  readonly #hearing: number;
  readonly #watchers = new Set<() => void>();
  #state: AuthState = { status: "restoring" };
  #token: Token | null = null;
  /** The mark of the latest change that this tab knows of. */
  #known: number;
  #refreshing: Promise<Token | null> | null = null;
  #wake: ReturnType<typeof setTimeout> | undefined;

  constructor(options: AuthOptions = {}) {
    this.#base = options.base ?? "/api/v1/auth";
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#tabs = options.tabs ?? browserTabs();
    this.#now = options.now ?? (() => performance.now());
    this.#patience = options.patience ?? 20_000;
    this.#hearing = options.hearing ?? 1_000;
    this.#known = this.#tabs.mark()?.at ?? 0;
  }

  /** For `useSyncExternalStore`. */
  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  readonly state = (): AuthState => this.#state;

  /**
   * Listens to the other tabs and finds out whether somebody is signed in.
   * @returns how to stop
   */
  start(): () => void {
    const deaf = this.#tabs.listen((message) => this.#hear(message));
    const online = () => void this.restore();
    window.addEventListener("online", online);
    void this.restore();
    return () => {
      deaf();
      window.removeEventListener("online", online);
      clearTimeout(this.#wake);
    };
  }

  /** Asks the server whether somebody is signed in, unless that is known. Asks again by itself while it gets no answer. */
  async restore(attempt = 0): Promise<void> {
    clearTimeout(this.#wake);
    if (this.#state.status === "signed-in" || this.#state.status === "signed-out") return;
    // Known to be signed out: a stranger's visit costs no request.
    if (this.#tabs.mark()?.out) return this.#become({ status: "signed-out", because: "none" });
    try {
      await this.#refresh(this.#token, this.#tabs.mark() ? "expired" : "none");
    } catch (error) {
      if (this.#isSignedIn()) return;
      this.#become({ status: "unreachable" });
      const asked = error instanceof Problem ? (error.retryAfter ?? 0) : 0;
      const delay = Math.max(asked * 1_000, Math.min(60_000, 2_000 * 2 ** attempt));
      this.#wake = setTimeout(() => void this.restore(attempt + 1), delay);
    }
  }

  /** @throws {Problem} @throws {Unreachable} */
  register(registration: Registration): Promise<User> {
    return this.#enter("register", registration);
  }

  /** @throws {Problem} @throws {Unreachable} */
  signIn(credentials: Credentials): Promise<User> {
    return this.#enter("login", credentials);
  }

  /**
   * Ends the session on the server, and with it in every tab. When the server can't be reached the session goes on, and so
   * does this: a button that only looks as if it had signed out would be a lie on a shared computer.
   * @throws {Problem} @throws {Unreachable}
   */
  async signOut(): Promise<void> {
    await this.#tabs.exclusively(async () => {
      let token = this.#token;
      for (let retried = false; token; retried = true) {
        const response = await this.#ask("logout", undefined, token);
        if (response.ok) break;
        if (response.status !== 401) throw await problemOf(response);
        if (retried) break;
        // Only the access token may be over, and the session not.
        token = await this.#redeem("signed-out");
      }
      if (this.#state.status !== "signed-out") this.#end("signed-out");
    });
  }

  /**
   * Deletes the account, for which the password is asked again, and with it the session of every tab.
   * @throws {Problem} for a wrong password too @throws {Unreachable}
   * @throws {SignedOut} when the session was over before: then nothing is known to be deleted
   */
  async deleteAccount(password: string): Promise<void> {
    await this.#tabs.exclusively(async () => {
      let token = this.#token;
      for (let retried = false; token; retried = true) {
        const response = await this.#ask("me", { password }, token, "DELETE");
        if (response.ok) return this.#end("deleted");
        if (response.status !== 401) throw await problemOf(response);
        if (retried) {
          this.#end("expired");
          break;
        }
        token = await this.#redeem("expired");
      }
      throw new SignedOut();
    });
  }

  /**
   * `fetch` with the access token. A refused token is replaced and the request made once more.
   * @throws {SignedOut} when there is no session (any more): the state says so too
   * @throws {Unreachable}
   */
  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const again = request.clone();
    let token = this.#token;
    if (!token || token.expiresAt - this.#now() < SOON) token = await this.#refresh(token, "expired");
    if (!token) throw new SignedOut();
    const response = await this.#send(request, token);
    if (response.status !== 401) return response;

    const fresh = await this.#refresh(token, "expired");
    if (!fresh) throw new SignedOut();
    const second = await this.#send(again, fresh);
    if (second.status !== 401) return second;
    if (this.#token === fresh) this.#end("expired");
    throw new SignedOut();
  };

  /** The account has changed, for instance its name. */
  update(user: User): void {
    const token = this.#token;
    if (!token) return;
    this.#become({ status: "signed-in", user });
    const lifetime = token.expiresAt - this.#now();
    this.#tabs.post({ type: "granted", at: this.#known, token: token.value, lifetime, user });
  }

  async #enter(route: "register" | "login", body: Credentials): Promise<User> {
    return this.#tabs.exclusively(async () => {
      const response = await this.#ask(route, { ...body, delivery: "cookie" });
      if (!response.ok) throw await problemOf(response);
      return (await this.#adopt(response)).user;
    });
  }

  /** A token that is not `stale`; `null` when the session is over. Everyone who asks meanwhile waits for the same one. */
  #refresh(stale: Token | null, ending: Ending): Promise<Token | null> {
    if (this.#token !== stale) return Promise.resolve(this.#token);
    if (this.#state.status === "signed-out") return Promise.resolve(null);
    this.#refreshing ??= this.#tabs
      .exclusively(async () => {
        await this.#catchUp();
        if (this.#token !== stale) return this.#token;
        if (this.#state.status === "signed-out") return null;
        return this.#redeem(ending);
      })
      .finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /** Under the lock: redeems the cookie. */
  async #redeem(ending: Ending): Promise<Token | null> {
    const known = this.#known;
    const response = await this.#ask("refresh");
    // Without locks another tab may have signed out meanwhile.
    if (this.#known !== known && this.#state.status === "signed-out") return null;
    if (response.ok) return (await this.#adopt(response)).token;
    if (response.status !== 401) throw await problemOf(response);
    this.#end(ending);
    return null;
  }

  /** Waits for the message that belongs to a mark which another tab has left. */
  async #catchUp(): Promise<void> {
    const behind = () => (this.#tabs.mark()?.at ?? 0) > this.#known;
    if (!behind()) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        if (behind()) return;
        clearTimeout(timer);
        this.#heard = undefined;
        resolve();
      };
      // A tab that was closed in between leaves a mark and no message.
      const timer = setTimeout(() => {
        this.#heard = undefined;
        resolve();
      }, this.#hearing);
      this.#heard = done;
    });
  }

  #heard: (() => void) | undefined;

  #hear(message: Message): void {
    // Older than what is known: it was overtaken on its way.
    if (message.at < this.#known) return;
    this.#known = message.at;
    if (message.type === "granted") {
      this.#token = { value: message.token, expiresAt: this.#now() + message.lifetime };
      this.#become({ status: "signed-in", user: message.user });
    } else {
      this.#token = null;
      if (this.#state.status !== "signed-out") this.#become({ status: "signed-out", because: message.because });
    }
    this.#heard?.();
  }

  async #adopt(response: Response): Promise<{ token: Token; user: User }> {
    const granted = (await response.json().catch(() => null)) as Granted | null;
    if (!granted?.access_token) throw new Problem(response.status, "unknown", "The server's answer made no sense.");
    const { access_token: value, user } = granted;
    const lifetime = granted.expires_in * 1_000;
    const token = { value, expiresAt: this.#now() + lifetime };
    this.#token = token;
    this.#known = this.#tabs.leave(false);
    this.#tabs.post({ type: "granted", at: this.#known, token: value, lifetime, user });
    this.#become({ status: "signed-in", user });
    return { token, user };
  }

  #end(because: Ending): void {
    this.#token = null;
    this.#known = this.#tabs.leave(true);
    this.#tabs.post({ type: "ended", at: this.#known, because });
    this.#become({ status: "signed-out", because });
  }

  async #ask(route: string, body?: object, token?: Token, method = "POST"): Promise<Response> {
    const request = new Request(new URL(`${this.#base}/${route}`, location.origin), {
      method,
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(this.#patience),
      ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    return this.#send(request, token);
  }

  async #send(request: Request, token?: Token): Promise<Response> {
    if (token) request.headers.set("authorization", `Bearer ${token.value}`);
    try {
      return await this.#fetch(request);
    } catch (error) {
      // Who has aborted the request knows why.
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new Unreachable("The server did not answer.", { cause: error });
    }
  }

  #become(state: AuthState): void {
    this.#state = state;
    for (const watcher of [...this.#watchers]) watcher();
  }

  #isSignedIn(): boolean {
    return this.#state.status === "signed-in";
  }
}

/** A token with less than this left, in milliseconds, would be refused on its way. */
const SOON = 5_000;
