import { AlertDialog } from "@base-ui/react/alert-dialog";
import { useCallback, useState } from "react";
import { revokeOtherSessions, revokeSession, sessions, type Session } from "../../api";
import { Problem, SignedOut, useAuth } from "../../auth";
import { explain } from "../../errors";
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { Notice } from "../../parts/Notice";
import { Coming, Failed } from "../../parts/states";
import { useResource } from "../../resource";
import { ago, date } from "../../time";

/** Where somebody is signed in, and how to end that. */
export function Devices() {
  const { fetch } = useAuth();
  const [list, reload] = useResource(useCallback((signal: AbortSignal) => sessions(fetch, signal), [fetch]));
  const [busy, setBusy] = useState<string | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);

  const run = async (key: string, action: () => Promise<string>) => {
    if (busy) return;
    setBusy(key);
    setFailure(null);
    setDone(null);
    try {
      setDone(await action());
    } catch (error) {
      if (error instanceof SignedOut) return;
      setFailure(error);
    } finally {
      setBusy(null);
      reload();
    }
  };
  const revoke = (session: Session) =>
    run(session.id, async () => {
      try {
        await revokeSession(fetch, session.id);
      } catch (error) {
        // Over already: that is what was asked for.
        if (!(error instanceof Problem && error.code === "not_found")) throw error;
      }
      return `${session.device} is signed out.`;
    });
  const revokeOthers = () =>
    run("others", async () => {
      const revoked = await revokeOtherSessions(fetch);
      return revoked === 1 ? "One other device is signed out." : `${revoked} other devices are signed out.`;
    });

  const found = list.value ?? [];
  const others = found.filter(({ current }) => !current).length;
  return (
    <section className="card" aria-labelledby="devices">
      <div className="card-head">
        <div>
          <h2 id="devices">Where you are signed in</h2>
          <p className="quiet">A device that you sign out here is refused from its next request on.</p>
        </div>
        {others > 0 && <SignOutOthers count={others} busy={busy === "others"} onConfirm={() => void revokeOthers()} />}
      </div>
      {done !== null && <Notice tone="ok" title={done} />}
      {failure !== null && (
        <Notice tone="error" title={explain(failure).title}>
          {explain(failure).text}
        </Notice>
      )}
      {list.phase === "failed" && <Failed what="The list of devices could not be loaded" error={list.error} retry={reload} />}
      {list.phase === "loading" ? (
        <Coming what="the devices">
          <div className="skeleton skeleton-row" aria-hidden="true" />
          <div className="skeleton skeleton-row" aria-hidden="true" />
        </Coming>
      ) : (
        <ul className="devices">
          {found.map((session) => (
            <li key={session.id}>
              <Icon name={/android|iphone|ipad|ios/i.test(session.device) ? "phone" : "device"} />
              <div>
                <p className="device-name">
                  {session.device} {session.current && <span className="badge">This device</span>}
                </p>
                <p className="quiet">
                  Last used <time dateTime={session.last_used_at}>{ago(session.last_used_at)}</time> · signed in{" "}
                  <time dateTime={session.created_at}>{date(session.created_at)}</time>
                </p>
              </div>
              {!session.current && (
                <Button
                  kind="quiet"
                  busy={busy === session.id}
                  aria-label={`Sign out ${session.device}, last used ${ago(session.last_used_at)}`}
                  onClick={() => void revoke(session)}
                >
                  Sign out
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {list.phase === "ready" && others === 0 && <p className="quiet">You are signed in nowhere else.</p>}
    </section>
  );
}

function SignOutOthers({ count, busy, onConfirm }: { count: number; busy: boolean; onConfirm: () => void }) {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger className="button button-danger" disabled={busy}>
        Sign out all others
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="backdrop" />
        <AlertDialog.Popup className="dialog">
          <AlertDialog.Title className="dialog-title">
            Sign out {count === 1 ? "the other device" : `${count} other devices`}?
          </AlertDialog.Title>
          <AlertDialog.Description className="quiet">
            {count === 1 ? "It has" : "They have"} to sign in again. This device stays signed in.
          </AlertDialog.Description>
          <div className="dialog-actions">
            <AlertDialog.Close className="button button-quiet">Cancel</AlertDialog.Close>
            <AlertDialog.Close className="button button-danger" onClick={onConfirm}>
              Sign out
            </AlertDialog.Close>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
