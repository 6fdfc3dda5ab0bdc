import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Form } from "@base-ui/react/form";
import { useState } from "react";
import { useAuth, type User } from "../../auth";
import { Button } from "../../parts/Button";
import { PasswordField } from "../../parts/Fields";
import { useSubmit } from "../../submit";

/** The end of the account: told what goes, the password asked again, and nothing undone afterwards. */
export function Deletion({ user }: { user: User }) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  return (
    <section className="card" aria-labelledby="deletion">
      <div className="card-head card-head-last">
        <div>
          <h2 id="deletion">Delete the account</h2>
          <p className="quiet">At once and for good. Nobody can bring it back, not even us.</p>
        </div>
        {/* What is under way is not left: its answer says whether the account is still there. */}
        <AlertDialog.Root open={open} onOpenChange={(next) => !busy && setOpen(next)}>
          <AlertDialog.Trigger className="button button-danger">Delete the account</AlertDialog.Trigger>
          <AlertDialog.Portal>
            <AlertDialog.Backdrop className="backdrop" />
            <AlertDialog.Popup className="dialog">
              <AlertDialog.Title className="dialog-title">Delete the account?</AlertDialog.Title>
              <AlertDialog.Description className="quiet">The account of {user.email} ends now, and cannot be brought back.</AlertDialog.Description>
              <Consequences />
              <Confirmation user={user} onBusy={setBusy} />
            </AlertDialog.Popup>
          </AlertDialog.Portal>
        </AlertDialog.Root>
      </div>
    </section>
  );
}

function Consequences() {
  return (
    <ul className="consequences">
      <li>Your e-mail, name and password, and the counts of your checks are deleted.</li>
      <li>You are signed out here and on every other device.</li>
      <li>Reports that you have downloaded stay yours. No text was ever kept here.</li>
      <li>Backups made before hold the account until newer ones take their place.</li>
    </ul>
  );
}

function Confirmation({ user, onBusy }: { user: User; onBusy: (busy: boolean) => void }) {
  const { deleteAccount } = useAuth();
  const form = useSubmit(async ({ password = "" }) => {
    onBusy(true);
    try {
      await deleteAccount(password);
    } finally {
      onBusy(false);
    }
    return null;
  });
  return (
    <Form className="form" method="post" errors={form.errors} onFormSubmit={form.submit}>
      {form.notice}
      {/* Password managers want to know whose password it is. */}
      <input type="text" className="hidden" autoComplete="username" value={user.email} readOnly tabIndex={-1} aria-hidden="true" />
      <PasswordField name="password" label="Your password" autoComplete="current-password" required="Enter your password to confirm." />
      <div className="dialog-actions">
        <AlertDialog.Close className="button button-quiet" disabled={form.busy}>
          Keep the account
        </AlertDialog.Close>
        <Button type="submit" kind="danger" busy={form.busy} disabled={form.waiting}>
          {form.busy ? "Deleting" : "Delete for good"}
        </Button>
      </div>
    </Form>
  );
}
