export { AuthClient, type AuthOptions } from "./client";
export { AuthContext, AuthProvider, useAuth, type Auth } from "./context";
export { Problem, SignedOut, Unreachable, problemOf, type FieldProblem } from "./problem";
export { browserTabs, type Message, type Tabs } from "./tabs";
export type { AuthState, Credentials, Ending, Registration, User } from "./types";
export { signInPath, wayBack } from "./wayback";
