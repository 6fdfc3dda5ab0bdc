import { Suspense, lazy, useEffect } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { signInPath, useAuth } from "./auth";
import { forgetDraftOfOthers } from "./draft";
import { Boundary } from "./parts/Boundary";
import { PageSkeleton, Unreachable } from "./parts/states";
import { Shell } from "./parts/Shell";

const Home = lazy(() => import("./pages/Home"));
const SignIn = lazy(() => import("./pages/SignIn"));
const Register = lazy(() => import("./pages/Register"));
const Detect = lazy(() => import("./pages/Detect"));
const Account = lazy(() => import("./pages/Account"));
const Status = lazy(() => import("./pages/Status"));
const Docs = lazy(() => import("./pages/Docs"));
const NotFound = lazy(() => import("./pages/NotFound"));

export function App() {
  const [path] = useLocation();
  const { user } = useAuth();
  useEffect(() => {
    if (user) forgetDraftOfOthers(user.id);
  }, [user]);
  return (
    <Shell>
      <Boundary key={path}>
        <Suspense fallback={<PageSkeleton />}>
          <Switch>
            <Route path="/" component={Home} />
            <Route path="/sign-in" component={SignIn} />
            <Route path="/register" component={Register} />
            <Route path="/detect">
              <Protected>
                <Detect />
              </Protected>
            </Route>
            <Route path="/account">
              <Protected>
                <Account />
              </Protected>
            </Route>
            <Route path="/status" component={Status} />
            <Route path="/docs" component={Docs} />
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
      return <Redirect to={state.because === "signed-out" ? "/sign-in" : signInPath(path + location.hash)} replace />;
  }
}
