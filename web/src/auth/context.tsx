import { createContext, useContext, useEffect, useMemo, useSyncExternalStore, type ReactNode } from "react";
import type { AuthClient } from "./client";
import type { AuthState, User } from "./types";

export interface Auth {
  state: AuthState;
  /** Who is signed in; `null` while that is not known too. */
  user: User | null;
  signIn: AuthClient["signIn"];
  register: AuthClient["register"];
  signOut: AuthClient["signOut"];
  deleteAccount: AuthClient["deleteAccount"];
  /** `fetch` with the access token. */
  fetch: AuthClient["fetch"];
  /** Asks again at once whether somebody is signed in. */
  retry: () => void;
  /** Makes a change of the account known here and in the other tabs. */
  update: AuthClient["update"];
}

export const AuthContext = createContext<Auth | null>(null);

/** Gives everything inside it the session of `client`, which must stay the same object. */
export function AuthProvider({ client, children }: { client: AuthClient; children: ReactNode }) {
  const state = useSyncExternalStore(client.subscribe, client.state, client.state);
  useEffect(() => client.start(), [client]);
  const auth = useMemo<Auth>(
    () => ({
      state,
      user: state.status === "signed-in" ? state.user : null,
      signIn: (credentials) => client.signIn(credentials),
      register: (registration) => client.register(registration),
      signOut: () => client.signOut(),
      deleteAccount: (password) => client.deleteAccount(password),
      fetch: client.fetch,
      retry: () => void client.restore(),
      update: (user) => client.update(user),
    }),
    [client, state],
  );
  return <AuthContext value={auth}>{children}</AuthContext>;
}

export function useAuth(): Auth {
  const auth = useContext(AuthContext);
  if (!auth) throw new Error("useAuth is used outside of AuthProvider");
  return auth;
}
