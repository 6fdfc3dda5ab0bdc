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

export default function Register() {
  const { state, register } = useAuth();
  const search = useSearch();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [waitUntil, setWaitUntil] = useState<number | null>(null);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const waiting = useSecondsLeft(waitUntil) > 0;

  if (state.status === "signed-in") return <Redirect to={wayBack(search, "/detect")} replace />;

  const submit = async ({ email = "", password = "", name = "" }: Record<string, string>) => {
    if (busy || waiting) return;
    setBusy(true);
    setFailure(null);
    try {
      await register({ email, password, ...(name.trim() && { name }) });
    } catch (error) {
      if (error instanceof Problem && error.code === "invalid_input") {
        setErrors(Object.fromEntries(error.fields.map(({ field, message }) => [field, message])));
      } else if (error instanceof Problem && error.code === "email_taken") {
        setErrors({ email: "This e-mail has an account already. Sign in instead, or take another." });
      } else {
        if (error instanceof Problem && error.retryAfter) setWaitUntil(Date.now() + error.retryAfter * 1_000);
        setFailure(error);
      }
    } finally {
      setBusy(false);
    }
  };

  return (
    <Page title="Create an account" width="narrow">
      {failure !== null &&
        (waiting && waitUntil !== null ? (
          <Notice tone="warn" title="Too many at once">
            You can try again in <Countdown until={waitUntil} />.
          </Notice>
        ) : (
          <Notice tone="error" title={explain(failure).title}>
            {explain(failure).text}
          </Notice>
        ))}
      <Form className="form" method="post" errors={errors} onFormSubmit={(values) => void submit(values as Record<string, string>)}>
        <TextField name="name" label="Name" autoComplete="name" />
        <TextField name="email" kind="email" label="E-mail" autoComplete="username" required="Enter your e-mail address." />
        <PasswordField
          name="password"
          label="Password"
          autoComplete="new-password"
          required="Choose a password."
          hint="At least 12 characters. Several unrelated words make a good one."
        />
        <Button type="submit" busy={busy} disabled={waiting}>
          {busy ? "Creating the account" : "Create the account"}
        </Button>
      </Form>
      <p className="aside">
        Have one already? <Link href={`/sign-in${search ? `?${search}` : ""}`}>Sign in</Link>
      </p>
    </Page>
  );
}
