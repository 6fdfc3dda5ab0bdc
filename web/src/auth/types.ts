/** The account that is signed in. */
export interface User {
  id: string;
  email: string;
  name: string | null;
  created_at: string;
}

/** What the server answers to register, log-in and refresh when the refresh token goes into a cookie. */
export interface Granted {
  access_token: string;
  /** Seconds. */
  expires_in: number;
  user: User;
}

/** Why nobody is signed in: `expired` when a session ended that was in use, `deleted` when the account is no more. */
export type Ending = "none" | "signed-out" | "expired" | "deleted";

export type AuthState =
  /** Just loaded: whether somebody is signed in is being asked. */
  | { status: "restoring" }
  /** The server could not be asked. It will be asked again. */
  | { status: "unreachable" }
  | { status: "signed-out"; because: Ending }
  | { status: "signed-in"; user: User };

export interface Credentials {
  email: string;
  password: string;
}

export interface Registration extends Credentials {
  name?: string;
}
