import { act, cleanup, render, screen } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, expect, it } from "vitest";
import { AuthProvider, useAuth, type AuthClient } from "../src/auth";
import { ADA, Browser, Server } from "./world";

afterEach(cleanup);

function Who() {
  const { state, user } = useAuth();
  return <p role="status">{user?.email ?? state.status}</p>;
}

const show = (client: AuthClient) =>
  render(
    <StrictMode>
      <AuthProvider client={client}>
        <Who />
        <Who />
      </AuthProvider>
    </StrictMode>,
  );
const shown = () => screen.getAllByRole("status").map((element) => element.textContent);

it("gives everyone inside the same session, with one refresh, also when effects run twice", async () => {
  const server = new Server();
  show(new Browser().open(server));
  expect(shown()).toEqual(["restoring", "restoring"]);
  await act(async () => (await server.next("auth/refresh")).answer(200, server.granted()));
  expect(shown()).toEqual([ADA.email, ADA.email]);
  expect(server.count("auth/refresh")).toBe(1);
});

it("follows a log-out in another tab", async () => {
  const [server, browser] = [new Server(), new Browser()];
  show(browser.open(server));
  await act(async () => (await server.next("auth/refresh")).answer(200, server.granted()));
  const other = browser.open(server);
  other.start();
  await act(async () => (await server.next("auth/refresh")).answer(200, server.granted()));
  await act(async () => {
    const done = other.signOut();
    await (await server.next("auth/logout")).answer(204);
    await done;
  });
  expect(shown()).toEqual(["signed-out", "signed-out"]);
});

it("refuses to work outside of a provider", () => {
  expect(() => render(<Who />)).toThrow("outside of AuthProvider");
});
