import { Form } from "@base-ui/react/form";
import { Link, Redirect, useSearch } from "wouter";
import { useAuth, wayBack } from "../auth";
import { Button } from "../parts/Button";
import { PasswordField, TextField } from "../parts/Fields";
import { Page } from "../parts/Page";
import { useSubmit } from "../submit";

export default function Register() {
  const { state, register } = useAuth();
  const search = useSearch();
  const form = useSubmit(
    async ({ email = "", password = "", name = "" }) => {
      await register({ email, password, ...(name.trim() && { name }) });
      return null;
    },
    ({ code }) =>
      code === "email_taken"
        ? { errors: { email: "This e-mail has an account already. Sign in instead, or take another." } }
        : null,
  );
  if (state.status === "signed-in") return <Redirect to={wayBack(search, "/detect")} replace />;
  return (
    <Page title="Create an account" width="narrow">
      {form.notice}
      <Form className="form" method="post" errors={form.errors} onFormSubmit={form.submit}>
        <TextField name="name" label="Name" autoComplete="name" />
        <TextField name="email" kind="email" label="E-mail" autoComplete="username" required="Enter your e-mail address." />
        <PasswordField
          name="password"
          label="Password"
          autoComplete="new-password"
          required="Choose a password."
          hint="At least 12 characters. Several unrelated words make a good one."
        />
        <Button type="submit" busy={form.busy} disabled={form.waiting}>
          {form.busy ? "Creating the account" : "Create the account"}
        </Button>
      </Form>
      <p className="aside">
        Have one already? <Link href={`/sign-in${search ? `?${search}` : ""}`}>Sign in</Link>
      </p>
    </Page>
  );
}
