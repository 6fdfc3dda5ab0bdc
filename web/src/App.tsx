import { Suspense, lazy, useEffect, type ComponentType } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { signInPath, useAuth, type Ending } from "./auth";
import { forgetDraft, forgetDraftOfOthers } from "./draft";
import { Boundary } from "./parts/Boundary";
import { PageSkeleton, Unreachable } from "./parts/states";
import { Shell } from "./parts/Shell";
import { PLACES, type Place } from "./places";

const Home = lazy(() => import("./pages/Home"));
const SignIn = lazy(() => import("./pages/SignIn"));
const Register = lazy(() => import("./pages/Register"));
const Detect = lazy(() => import("./pages/Detect"));
const Account = lazy(() => import("./pages/Account"));
const Status = lazy(() => import("./pages/Status"));
const Docs = lazy(() => import("./pages/Docs"));
const NotFound = lazy(() => import("./pages/NotFound"));

const PAGES: Record<Place, { page: ComponentType; isProtected?: boolean }> = {
  "/": { page: Home },
  "/sign-in": { page: SignIn },
  "/register": { page: Register },
  "/detect": { page: Detect, isProtected: true },
  "/account": { page: Account, isProtected: true },
  "/status": { page: Status },
  "/docs": { page: Docs },
};

export function App() {
  const [path] = useLocation();
  const { state, user } = useAuth();
  useEffect(() => {
    if (user) forgetDraftOfOthers(user.id);
  }, [user]);
  const deleted = state.status === "signed-out" && state.because === "deleted";
  useEffect(() => {
    if (deleted) forgetDraft();
  }, [deleted]);
  return (
    <Shell>
      <Boundary key={path}>
        <Suspense fallback={<PageSkeleton />}>
          <Switch>
            {PLACES.map((place) => {
              const { page: Shown, isProtected = false } = PAGES[place];
              return (
                <Route key={place} path={place}>
                  {isProtected ? <Protected><Shown /></Protected> : <Shown />}
                </Route>
              );
            })}
            <Route component={NotFound} />
          </Switch>
        </Suspense>
      </Boundary>
    </Shell>
  );
}

/** For people who are signed in. Others are sent to sign in, and come back. */
function Protected({ children }: { children: React.ReactNode }) {
  const { state, retry } = useAuth();
  const [path] = useLocation();
  switch (state.status) {
    case "restoring":
      return <PageSkeleton />;
    case "unreachable":
      return <Unreachable retry={retry} />;
    case "signed-in":
      return children;
    case "signed-out":
      return <Redirect to={LEFT.has(state.because) ? "/sign-in" : signInPath(path + location.hash)} replace />;
  }
}

/** Endings after which nobody wants to come back to where they were. */
const LEFT = new Set<Ending>(["signed-out", "deleted"]);
