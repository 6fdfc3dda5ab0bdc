import { beforeEach, describe, expect, it } from "vitest";
import { Problem, SignedOut, Unreachable, type AuthClient } from "../src/auth";
import { ADA, Browser, REFUSED, Server, UNAUTHENTICATED, later, settle } from "./world";

const EVE = { ...ADA, id: "2", email: "eve@example.com", name: "Eve" };

let browser: Browser;
let server: Server;
beforeEach(() => {
  browser = new Browser();
  server = new Server();
});

async function signedIn(client: AuthClient = browser.open(server)): Promise<AuthClient> {
  client.start();
  await (await server.next("auth/refresh")).answer(200, server.granted());
  expect(client.state().status).toBe("signed-in");
  return client;
}

const get = (client: AuthClient, path = "things") => later(client.fetch(`http://localhost:3000/api/v1/${path}`));

describe("restore", () => {
  it("asks with the cookie alone, and says that it is asking", async () => {
    const client = browser.open(server);
    client.start();
    expect(client.state()).toEqual({ status: "restoring" });
    const request = await server.next("auth/refresh");
    expect(request).toMatchObject({ token: null, body: null });
    await request.answer(200, server.granted());
    expect(client.state()).toEqual({ status: "signed-in", user: ADA });
  });

  it("is over when the cookie is refused, and tells nobody that a session ended who never had one", async () => {
    const client = browser.open(server);
    client.start();
    await (await server.next("auth/refresh")).answer(401, REFUSED);
    expect(client.state()).toEqual({ status: "signed-out", because: "none" });
  });

  it("says that a session has ended to somebody who had one", async () => {
    browser.mark = { at: 7, out: false };
    const client = browser.open(server);
    client.start();
    await (await server.next("auth/refresh")).answer(401, REFUSED);
    expect(client.state()).toEqual({ status: "signed-out", because: "expired" });
  });

  it("costs no request after a log-out", async () => {
    browser.mark = { at: 7, out: true };
    const client = browser.open(server);
    client.start();
    await settle();
    expect(client.state()).toEqual({ status: "signed-out", because: "none" });
    expect(server.seen).toEqual([]);
  });

  it.each([
    ["no answer", (request: Awaited<ReturnType<Server["next"]>>) => request.fail()],
    ["503", (request: Awaited<ReturnType<Server["next"]>>) => request.answer(503, { code: "unavailable" })],
    ["429", (request: Awaited<ReturnType<Server["next"]>>) => request.answer(429, {}, { "retry-after": "9" })],
    ["nonsense", (request: Awaited<ReturnType<Server["next"]>>) => request.answer(200, { hello: 1 })],
  ])("signs nobody out for %s, and asks again on demand", async (_, go) => {
    const client = browser.open(server);
    const stop = client.start();
    await go(await server.next("auth/refresh"));
    expect(client.state()).toEqual({ status: "unreachable" });
    void client.restore();
    await (await server.next("auth/refresh")).answer(200, server.granted());
    expect(client.state().status).toBe("signed-in");
    stop();
  });

  it("asks again by itself when the browser is online again", async () => {
    const client = browser.open(server);
    const stop = client.start();
    await (await server.next("auth/refresh")).fail();
    window.dispatchEvent(new Event("online"));
    await (await server.next("auth/refresh")).answer(200, server.granted());
    expect(client.state().status).toBe("signed-in");
    stop();
  });

  it("asks once when it is started twice", async () => {
    const client = browser.open(server);
    client.start()();
    client.start();
    await (await server.next("auth/refresh")).answer(200, server.granted());
    expect(server.count("auth/refresh")).toBe(1);
  });
});

describe("one refresh in flight", () => {
  it("for twenty callers with a token that is over", async () => {
    const client = await signedIn();
    server.automatic = (path, token) =>
      path === "things" ? (token === "token2" ? [200, { ok: true }] : [401, UNAUTHENTICATED]) : null;
    const calls = Array.from({ length: 20 }, () => get(client));
    await (await server.next("auth/refresh")).answer(200, server.granted());
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(server.count("auth/refresh")).toBe(2);
  });

  it("for a caller whose 401 comes after the others have refreshed", async () => {
    const client = await signedIn();
    const late = get(client);
    const request = await server.next("things");
    const early = get(client);
    await (await server.next("things")).answer(401, UNAUTHENTICATED);
    await (await server.next("auth/refresh")).answer(200, server.granted());
    await (await server.next("things")).answer(200, {});
    expect((await early).status).toBe(200);
    await request.answer(401, UNAUTHENTICATED);
    await (await server.next("things")).answer(200, {});
    expect((await late).status).toBe(200);
    expect(server.count("auth/refresh")).toBe(2);
  });

  it.each([true, false])("for three tabs at once (messages at once: %s)", async (prompt) => {
    browser.prompt = prompt;
    const tabs = [browser.open(server, { hearing: 2_000 }), browser.open(server, { hearing: 2_000 }), browser.open(server, { hearing: 2_000 })];
    for (const tab of tabs) tab.start();
    await (await server.next("auth/refresh")).answer(200, server.granted());
    await settle();
    browser.deliver();
    await settle();
    expect(tabs.map((tab) => tab.state().status)).toEqual(["signed-in", "signed-in", "signed-in"]);
    expect(server.count("auth/refresh")).toBe(1);
    expect(browser.most).toBe(1);
  });

  it("and a tab that was closed before it could tell costs the others one more, later", async () => {
    const [first, second] = [browser.open(server), browser.open(server)];
    browser.prompt = false;
    first.start();
    second.start();
    await (await server.next("auth/refresh")).answer(200, server.granted());
    await new Promise((resolve) => setTimeout(resolve, 40));
    await (await server.next("auth/refresh")).answer(200, server.granted());
    expect(second.state().status).toBe("signed-in");
    expect(browser.most).toBe(1);
  });

  it("ahead of time, when the token would be over on its way", async () => {
    const client = await signedIn();
    browser.now = 1_800_000 - 1_000;
    const call = get(client);
    await (await server.next("auth/refresh")).answer(200, server.granted());
    const request = await server.next("things");
    expect(request.token).toBe("token2");
    await request.answer(200, {});
    expect((await call).status).toBe(200);
    expect(server.count("things")).toBe(1);
  });
});

describe("a refused token", () => {
  it("leads to exactly one more try, with the same body", async () => {
    const client = await signedIn();
    const call = later(client.fetch("http://localhost:3000/api/v1/things", { method: "POST", body: JSON.stringify({ text: "mine" }) }));
    await (await server.next("things")).answer(401, UNAUTHENTICATED);
    await (await server.next("auth/refresh")).answer(200, server.granted());
    const again = await server.next("things");
    expect(again).toMatchObject({ token: "token2", body: { text: "mine" } });
    await again.answer(401, UNAUTHENTICATED);
    await expect(call).rejects.toBeInstanceOf(SignedOut);
    expect(server.count("things")).toBe(2);
    expect(client.state()).toEqual({ status: "signed-out", because: "expired" });
  });

  it("ends the session for all when the cookie is refused too", async () => {
    const client = await signedIn();
    const other = browser.open(server);
    other.start();
    await (await server.next("auth/refresh")).answer(200, server.granted());
    const call = get(client);
    await (await server.next("things")).answer(401, UNAUTHENTICATED);
    await (await server.next("auth/refresh")).answer(401, REFUSED);
    await expect(call).rejects.toBeInstanceOf(SignedOut);
    await settle();
    for (const tab of [client, other]) expect(tab.state()).toEqual({ status: "signed-out", because: "expired" });
  });

  it("ends nothing when the refresh gets no answer", async () => {
    const client = await signedIn();
    const call = get(client);
    await (await server.next("things")).answer(401, UNAUTHENTICATED);
    await (await server.next("auth/refresh")).fail();
    await expect(call).rejects.toBeInstanceOf(Unreachable);
    expect(client.state().status).toBe("signed-in");
  });

  it("is no reason to repeat what failed otherwise", async () => {
    const client = await signedIn();
    for (const status of [400, 403, 404, 409, 429, 500, 503]) {
      const call = get(client);
      await (await server.next("things")).answer(status, {});
      expect((await call).status).toBe(status);
    }
    expect(server.count("things")).toBe(7);
    expect(server.count("auth/refresh")).toBe(1);
  });

  it("makes no request at all when nobody is signed in", async () => {
    browser.mark = { at: 1, out: true };
    const client = browser.open(server);
    client.start();
    await expect(get(client)).rejects.toBeInstanceOf(SignedOut);
    expect(server.seen).toEqual([]);
  });

  it("waits for the restore that is under way", async () => {
    const client = browser.open(server);
    client.start();
    const call = get(client);
    await (await server.next("auth/refresh")).answer(200, server.granted());
    await (await server.next("things")).answer(200, {});
    expect((await call).status).toBe(200);
    expect(server.count("auth/refresh")).toBe(1);
  });
});

describe("sign-in", () => {
  it("asks for the cookie and signs in every tab", async () => {
    browser.mark = { at: 1, out: true };
    const [client, other] = [browser.open(server), browser.open(server)];
    client.start();
    other.start();
    const done = later(client.signIn({ email: "ada@example.com", password: "secret" }));
    const request = await server.next("auth/login");
    expect(request.body).toEqual({ email: "ada@example.com", password: "secret", delivery: "cookie" });
    await request.answer(200, server.granted());
    expect(await done).toEqual(ADA);
    expect(other.state()).toEqual({ status: "signed-in", user: ADA });
  });

  it("gives the server's answer as a problem, and changes nothing", async () => {
    browser.mark = { at: 1, out: true };
    const client = browser.open(server);
    client.start();
    const done = later(client.register({ email: "x", password: "y" }));
    const errors = [{ field: "email", message: "Enter one e-mail address." }];
    await (await server.next("auth/register")).answer(400, { code: "invalid_input", detail: "No.", errors, request_id: "r1" });
    await expect(done).rejects.toMatchObject({ status: 400, code: "invalid_input", fields: errors, requestId: "r1" });
    await expect(done).rejects.toBeInstanceOf(Problem);
    expect(client.state().status).toBe("signed-out");
  });

  it("waits for a refresh under way, so that a late answer cannot overwrite the new cookie", async () => {
    const client = browser.open(server);
    client.start();
    const refresh = await server.next("auth/refresh");
    const done = later(client.signIn({ email: "eve@example.com", password: "secret" }));
    await settle();
    expect(server.count("auth/login")).toBe(0);
    await refresh.answer(200, server.granted());
    await (await server.next("auth/login")).answer(200, server.granted(EVE));
    await done;
    expect(client.state()).toEqual({ status: "signed-in", user: EVE });
  });

  it("reads an answer that is no JSON as a problem too", async () => {
    const client = browser.open(server);
    const done = later(client.signIn({ email: "a", password: "b" }));
    await (await server.next("auth/login")).answer(502);
    await expect(done).rejects.toMatchObject({ status: 502, code: "unknown" });
  });
});

describe("sign-out", () => {
  it("ends it in every tab at once", async () => {
    const client = await signedIn();
    const other = browser.open(server);
    other.start();
    await (await server.next("auth/refresh")).answer(200, server.granted());
    const done = later(client.signOut());
    await (await server.next("auth/logout")).answer(204);
    await done;
    for (const tab of [client, other]) expect(tab.state()).toEqual({ status: "signed-out", because: "signed-out" });
    expect(browser.mark?.out).toBe(true);
    await expect(get(other)).rejects.toBeInstanceOf(SignedOut);
  });

  it("refreshes first when only the access token is over", async () => {
    const client = await signedIn();
    const done = later(client.signOut());
    await (await server.next("auth/logout")).answer(401, UNAUTHENTICATED);
    await (await server.next("auth/refresh")).answer(200, server.granted());
    const again = await server.next("auth/logout");
    expect(again.token).toBe("token2");
    await again.answer(204);
    await done;
    expect(client.state()).toEqual({ status: "signed-out", because: "signed-out" });
  });

  it("does not pretend when the server cannot be reached", async () => {
    const client = await signedIn();
    const done = later(client.signOut());
    await (await server.next("auth/logout")).fail();
    await expect(done).rejects.toBeInstanceOf(Unreachable);
    expect(client.state().status).toBe("signed-in");
  });

  it("is not undone by a message that it has overtaken", async () => {
    browser.prompt = false;
    const client = await signedIn();
    const other = browser.open(server, { hearing: 1 });
    other.start();
    await (await server.next("auth/refresh")).answer(200, server.granted());
    // The other tab's new token is still on its way to this one while this one signs out.
    const done = later(client.signOut());
    await (await server.next("auth/logout")).answer(204);
    await done;
    browser.deliver();
    expect(client.state()).toEqual({ status: "signed-out", because: "signed-out" });
    expect(other.state()).toEqual({ status: "signed-out", because: "signed-out" });
  });

  it("waits for a refresh under way in another tab", async () => {
    const client = await signedIn();
    const other = browser.open(server);
    other.start();
    const refresh = await server.next("auth/refresh");
    const done = later(client.signOut());
    await settle();
    expect(server.count("auth/logout")).toBe(0);
    await refresh.answer(200, server.granted());
    await (await server.next("auth/logout")).answer(204);
    await done;
    expect([client, other].map((tab) => tab.state().status)).toEqual(["signed-out", "signed-out"]);
  });
});

it("makes a changed name known in every tab", async () => {
  const client = await signedIn();
  const other = browser.open(server);
  other.start();
  await (await server.next("auth/refresh")).answer(200, server.granted());
  other.update({ ...ADA, name: "Countess" });
  await settle();
  expect(client.state()).toMatchObject({ user: { name: "Countess" } });
});

describe("deleting the account", () => {
  const WRONG = { code: "invalid_input", errors: [{ field: "password", message: "This is not the password of the account." }] };

  it("sends the password with the token, and ends the session here and in the other tabs", async () => {
    const client = await signedIn();
    const other = await opened();
    const done = later(client.deleteAccount("granite otter"));
    const request = await server.next("auth/me");
    expect(request).toMatchObject({ body: { password: "granite otter" }, method: "DELETE" });
    expect(request.token).toMatch(/^token/);
    expect(client.state().status).toBe("signed-in");
    await request.answer(204);
    await done;
    expect([client.state(), other.state()]).toEqual(Array(2).fill({ status: "signed-out", because: "deleted" }));
    expect(browser.mark?.out).toBe(true);
  });

  it("leaves everything as it is for a wrong password, and when there is no answer", async () => {
    const client = await signedIn();
    const wrong = later(client.deleteAccount("wrong"));
    await (await server.next("auth/me")).answer(400, WRONG);
    await expect(wrong).rejects.toBeInstanceOf(Problem);
    const unheard = later(client.deleteAccount("granite otter"));
    await (await server.next("auth/me")).fail();
    await expect(unheard).rejects.toBeInstanceOf(Unreachable);
    expect(client.state().status).toBe("signed-in");
  });

  it("replaces a token that is over, once", async () => {
    const client = await signedIn();
    const done = later(client.deleteAccount("granite otter"));
    await (await server.next("auth/me")).answer(401, UNAUTHENTICATED);
    await (await server.next("auth/refresh")).answer(200, server.granted());
    await (await server.next("auth/me")).answer(204);
    await done;
    expect(client.state()).toEqual({ status: "signed-out", because: "deleted" });
  });

  it("claims no deletion when the session was over before", async () => {
    const client = await signedIn();
    const done = later(client.deleteAccount("granite otter"));
    await (await server.next("auth/me")).answer(401, UNAUTHENTICATED);
    await (await server.next("auth/refresh")).answer(401, REFUSED);
    await expect(done).rejects.toBeInstanceOf(SignedOut);
    expect(client.state()).toEqual({ status: "signed-out", because: "expired" });
  });

  it("gives up when a fresh token is refused too", async () => {
    const client = await signedIn();
    const done = later(client.deleteAccount("granite otter"));
    await (await server.next("auth/me")).answer(401, UNAUTHENTICATED);
    await (await server.next("auth/refresh")).answer(200, server.granted());
    await (await server.next("auth/me")).answer(401, UNAUTHENTICATED);
    await expect(done).rejects.toBeInstanceOf(SignedOut);
    expect(client.state()).toEqual({ status: "signed-out", because: "expired" });
    expect(server.count("auth/me")).toBe(2);
  });

  it("waits for a refresh that is under way, so that no late answer brings the cookie back", async () => {
    const client = await signedIn();
    browser.now = 10_000_000;
    const reading = get(client);
    const refresh = await server.next("auth/refresh");
    const done = later(client.deleteAccount("granite otter"));
    await settle();
    expect(server.count("auth/me")).toBe(0);
    await refresh.answer(200, server.granted());
    await (await server.next("things")).answer(200, {});
    await reading;
    await (await server.next("auth/me")).answer(204);
    await done;
    expect(client.state()).toEqual({ status: "signed-out", because: "deleted" });
  });

  async function opened(): Promise<AuthClient> {
    const other = browser.open(server);
    other.start();
    await (await server.next("auth/refresh")).answer(200, server.granted());
    return other;
  }
});
