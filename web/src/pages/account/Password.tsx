import { Form } from "@base-ui/react/form";
import { useEffect, useRef, useState } from "react";
import { changePassword } from "../../api";
import { useAuth, type User } from "../../auth";
import { Button } from "../../parts/Button";
import { PasswordField } from "../../parts/Fields";
import { Notice } from "../../parts/Notice";
import { useSubmit } from "../../submit";

/** Where `/.well-known/change-password` leads. */
export function Password({ user }: { user: User }) {
  const { fetch } = useAuth();
  const card = useRef<HTMLElement>(null);
  const [turn, setTurn] = useState(0);
  const form = useSubmit(async ({ current_password = "", new_password = "" }) => {
    const revoked = await changePassword(fetch, current_password, new_password);
    // Empty fields again.
    setTurn((count) => count + 1);
    return `Your password is changed. ${revoked === 0 ? "You were signed in nowhere else." : "All other devices are signed out."}`;
  });
  useEffect(() => {
    if (location.hash === "#password") card.current?.scrollIntoView({ block: "center" });
  }, []);
  return (
    <section className="card" aria-labelledby="password-title" id="password" ref={card}>
      <h2 id="password-title">Password</h2>
      <p className="quiet">Changing it signs out all other devices.</p>
      {form.notice}
      {form.done !== null && <Notice tone="ok" title={form.done} />}
      <Form key={turn} className="form card-form" method="post" errors={form.errors} onFormSubmit={form.submit}>
        {/* Password managers want to know whose password it is. */}
        <input type="text" className="hidden" autoComplete="username" value={user.email} readOnly tabIndex={-1} aria-hidden="true" />
        <PasswordField
          name="current_password"
          label="Current password"
          autoComplete="current-password"
          required="Enter your current password."
        />
        <PasswordField
          name="new_password"
          label="New password"
          autoComplete="new-password"
          required="Choose a password."
          hint="At least 12 characters. Several unrelated words make a good one."
        />
        <div className="row">
          <Button type="submit" busy={form.busy} disabled={form.waiting}>
            Change the password
          </Button>
        </div>
      </Form>
    </section>
  );
}
