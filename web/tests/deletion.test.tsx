import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { AuthProvider, useAuth } from "../src/auth";
import { Deletion } from "../src/pages/account/Deletion";
import { ADA, Browser, Server, settle } from "./world";

afterEach(cleanup);

function Page() {
  const { state, user } = useAuth();
  return user ? <Deletion user={user} /> : <p role="status">{state.status === "signed-out" ? state.because : state.status}</p>;
}

async function shown() {
  const server = new Server();
  render(
    <AuthProvider client={new Browser().open(server)}>
      <Page />
    </AuthProvider>,
  );
  await act(async () => (await server.next("auth/refresh")).answer(200, server.granted()));
  fireEvent.click(screen.getByRole("button", { name: "Delete the account" }));
  await screen.findByRole("alertdialog");
  return server;
}

const submit = () =>
  act(async () => {
    fireEvent.click(screen.getByRole("button", { name: "Delete for good" }));
    await settle();
  });

it("says what goes, and asks nobody but the server whether the password is right", async () => {
  const server = await shown();
  const dialog = screen.getByRole("alertdialog", { name: "Delete the account?" });
  for (const part of [ADA.email, "counts of your checks", "every other device", "Backups"]) expect(dialog.textContent).toContain(part);
  await submit();
  await screen.findByText("Enter your password to confirm.");
  expect(server.count("auth/me")).toBe(0);

  fireEvent.change(screen.getByLabelText("Your password"), { target: { value: "not it" } });
  await submit();
  const message = "This is not the password of the account.";
  await act(async () => (await server.next("auth/me")).answer(400, { code: "invalid_input", errors: [{ field: "password", message }] }));
  await screen.findByText(message);
  expect(screen.getByLabelText("Your password").getAttribute("aria-invalid")).toBe("true");
});

it("stays open while it is under way, and is gone with the account", async () => {
  const server = await shown();
  fireEvent.change(screen.getByLabelText("Your password"), { target: { value: "granite otter" } });
  await submit();
  const request = await server.next("auth/me");
  await act(async () => {
    fireEvent.keyDown(screen.getByLabelText("Your password"), { key: "Escape" });
    await settle();
  });
  expect(screen.getByRole("alertdialog")).toBeTruthy();
  await act(async () => request.answer(204));
  await waitFor(() => expect(screen.getByRole("status").textContent).toBe("deleted"));
});

it("is called off without a request", async () => {
  const server = await shown();
  fireEvent.click(screen.getByRole("button", { name: "Keep the account" }));
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  expect(server.count("auth/me")).toBe(0);
});
