import { Form } from "@base-ui/react/form";
import { useState } from "react";
import { rename } from "../../api";
import { useAuth, type User } from "../../auth";
import { Button } from "../../parts/Button";
import { TextField } from "../../parts/Fields";
import { Notice } from "../../parts/Notice";
import { useSubmit } from "../../submit";
import { date } from "../../time";

/** Who this is. The name can be changed, the e-mail is the account. */
export function Profile({ user }: { user: User }) {
  const { fetch, update } = useAuth();
  const [editing, setEditing] = useState(false);
  const form = useSubmit(async ({ name = "" }) => {
    update(await rename(fetch, name.trim() === "" ? null : name));
    setEditing(false);
    return "Your name is changed.";
  });
  return (
    <section className="card" aria-labelledby="profile">
      <h2 id="profile">Profile</h2>
      {form.notice}
      {editing ? (
        <Form className="form card-form" method="post" errors={form.errors} onFormSubmit={form.submit}>
          <TextField name="name" label="Name" autoComplete="name" defaultValue={user.name ?? ""} focus />
          <div className="row">
            <Button type="submit" busy={form.busy}>
              Save
            </Button>
            <Button kind="quiet" onClick={() => setEditing(false)}>
              Cancel
            </Button>
          </div>
        </Form>
      ) : (
        <dl className="facts">
          <dt>Name</dt>
          <dd>
            {user.name ?? "Not given"}{" "}
            <button type="button" className="link" onClick={() => setEditing(true)}>
              {user.name === null ? "Add" : "Change"}
              <span className="hidden"> the name</span>
            </button>
          </dd>
          <dt>E-mail</dt>
          <dd>{user.email}</dd>
          <dt>Member since</dt>
          <dd>{date(user.created_at)}</dd>
        </dl>
      )}
      {form.done !== null && <Notice tone="ok" title={form.done} />}
    </section>
  );
}
