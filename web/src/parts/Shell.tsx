import { useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useAuth } from "../auth";
import { forgetDraft } from "../draft";
import { explain } from "../errors";
import { Icon } from "./Icon";
import { Notice } from "./Notice";
import { ThemeChoice } from "./ThemeChoice";

/** What stands around every page. */
export function Shell({ children }: { children: ReactNode }) {
  const { state } = useAuth();
  const [path, go] = useLocation();
  const { signOut } = useAuth();
  const [failure, setFailure] = useState<unknown>(null);
  const [leaving, setLeaving] = useState(false);

  const leave = async () => {
    setLeaving(true);
    setFailure(null);
    try {
      await signOut();
      forgetDraft();
      go("/sign-in");
    } catch (error) {
      setFailure(error);
    } finally {
      setLeaving(false);
    }
  };

  const place = (to: string, label: string) => (
    <li>
      <Link href={to} aria-current={path === to ? "page" : undefined} className="nav-link">
        {label}
      </Link>
    </li>
  );
  const signedIn = state.status === "signed-in";
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="bar">
        <div className="bar-inner">
          <Link href={signedIn ? "/detect" : "/"} className="brand">
            <Icon name="keep" /> <span>Edgekeep</span>
          </Link>
          <nav aria-label="Main">
            <ul className="nav" data-known={state.status === "restoring" ? undefined : ""}>
              {signedIn && place("/detect", "Detect")}
              {place("/status", "Status")}
              {signedIn && place("/account", "Account")}
              {signedIn ? (
                <li>
                  <button type="button" className="nav-link" onClick={() => void leave()} disabled={leaving}>
                    Sign out
                  </button>
                </li>
              ) : (
                <>
                  {place("/sign-in", "Sign in")}
                  {place("/register", "Register")}
                </>
              )}
            </ul>
          </nav>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {failure !== null && (
          <div className="page page-top">
            <Notice tone="error" title="You are still signed in">
              {explain(failure).text} Signing out ends the session on the server, so it needs the server. Try again before you
              leave this device.
            </Notice>
          </div>
        )}
        {children}
      </main>
      <footer className="foot">
        <div className="foot-inner">
          <p>A verdict is a reason to talk, never a proof. Texts are judged and forgotten.</p>
          <nav aria-label="More">
            <ul className="foot-links">
              <li>
                <Link href="/docs">HTTP interface</Link>
              </li>
              <li>
                <Link href="/status">Status</Link>
              </li>
            </ul>
          </nav>
          <ThemeChoice />
        </div>
      </footer>
    </>
  );
}
