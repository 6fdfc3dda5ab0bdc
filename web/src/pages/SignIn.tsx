import { Form } from "@base-ui/react/form";
import { useState } from "react";
import { Link, Redirect, useSearch } from "wouter";
import { Problem, useAuth, wayBack } from "../auth";
import { explain } from "../errors";
import { Button } from "../parts/Button";
import { PasswordField, TextField } from "../parts/Fields";
import { Notice } from "../parts/Notice";
import { Page } from "../parts/Page";
import { Countdown, useSecondsLeft } from "../parts/Wait";

export default function SignIn() {
  const { state, signIn } = useAuth();
  const search = useSearch();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [waitUntil, setWaitUntil] = useState<number | null>(null);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const waiting = useSecondsLeft(waitUntil) > 0;

  const next = wayBack(search, "/detect");
  if (state.status === "signed-in") return <Redirect to={next} replace />;

  const submit = async (values: Record<string, string>) => {
    if (busy || waiting) return;
    setBusy(true);
    setFailure(null);
    try {
      await signIn({ email: values.email ?? "", password: values.password ?? "" });
    } catch (error) {
      if (error instanceof Problem && error.code === "invalid_input") {
        setErrors(Object.fromEntries(error.fields.map(({ field, message }) => [field, message])));
      } else {
        if (error instanceof Problem && error.retryAfter) setWaitUntil(Date.now() + error.retryAfter * 1_000);
        setFailure(error);
      }
    } finally {
      setBusy(false);
    }
  };

  return (
    <Page title="Sign in" width="narrow">
      {state.status === "signed-out" && state.because === "expired" && failure === null && (
        <Notice tone="info" title="Your session has ended">
          Sign in again to go on where you were.
        </Notice>
      )}
      {state.status === "signed-out" && state.because === "signed-out" && failure === null && (
        <Notice tone="ok" title="You are signed out">
          In all tabs of this browser.
        </Notice>
      )}
      {failure !== null && <Refusal error={failure} waitUntil={waiting ? waitUntil : null} />}
      <Form className="form" method="post" errors={errors} onFormSubmit={(values) => void submit(values as Record<string, string>)}>
        <TextField name="email" kind="email" label="E-mail" autoComplete="username" required="Enter your e-mail address." />
        <PasswordField name="password" label="Password" autoComplete="current-password" required="Enter your password." />
        <Button type="submit" busy={busy} disabled={waiting}>
          {busy ? "Signing in" : "Sign in"}
        </Button>
      </Form>
      <p className="aside">
        No account yet? <Link href={`/register${search ? `?${search}` : ""}`}>Create one</Link>
      </p>
    </Page>
  );
}

function Refusal({ error, waitUntil }: { error: unknown; waitUntil: number | null }) {
  if (waitUntil !== null) {
    return (
      <Notice tone="warn" title="Too many attempts">
        You can try again in <Countdown until={waitUntil} />.
      </Notice>
    );
  }
  if (error instanceof Problem && error.code === "invalid_credentials") {
    return (
      <Notice tone="error" title="E-mail and password do not match">
        Check both, and whether a key such as Caps Lock is on.
      </Notice>
    );
  }
  if (error instanceof Problem && error.retryAfter !== null && error.status === 429) {
    return <Notice tone="info" title="You can try again now" />;
  }
  const { title, text } = explain(error);
  return (
    <Notice tone="error" title={title}>
      {text}
    </Notice>
  );
}
