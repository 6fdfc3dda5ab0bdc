import { Form } from "@base-ui/react/form";
import { Link, Redirect, useSearch } from "wouter";
import { useAuth, wayBack } from "../auth";
import { Button } from "../parts/Button";
import { PasswordField, TextField } from "../parts/Fields";
import { Notice } from "../parts/Notice";
import { Page } from "../parts/Page";
import { useSubmit } from "../submit";

export default function SignIn() {
  const { state, signIn } = useAuth();
  const search = useSearch();
  const form = useSubmit(
    async ({ email = "", password = "" }) => {
      await signIn({ email, password });
      return null;
    },
    ({ code }) =>
      code === "invalid_credentials"
        ? { title: "E-mail and password do not match", text: "Check both, and whether a key such as Caps Lock is on." }
        : null,
  );
  if (state.status === "signed-in") return <Redirect to={wayBack(search, "/detect")} replace />;
  const because = state.status === "signed-out" && form.notice === null ? state.because : "none";
  return (
    <Page title="Sign in" width="narrow">
      {because === "expired" && (
        <Notice tone="info" title="Your session has ended">
          Sign in again to go on where you were.
        </Notice>
      )}
      {because === "signed-out" && (
        <Notice tone="ok" title="You are signed out">
          In all tabs of this browser.
        </Notice>
      )}
      {because === "deleted" && (
        <Notice tone="ok" title="Your account is deleted">
          You are signed out everywhere. The e-mail address is free again.
        </Notice>
      )}
      {form.notice}
      <Form className="form" method="post" errors={form.errors} onFormSubmit={form.submit}>
        <TextField name="email" kind="email" label="E-mail" autoComplete="username" required="Enter your e-mail address." />
        <PasswordField name="password" label="Password" autoComplete="current-password" required="Enter your password." />
        <Button type="submit" busy={form.busy} disabled={form.waiting}>
          {form.busy ? "Signing in" : "Sign in"}
        </Button>
      </Form>
      <p className="aside">
        No account yet? <Link href={`/register${search ? `?${search}` : ""}`}>Create one</Link>
      </p>
    </Page>
  );
}
