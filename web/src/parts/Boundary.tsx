import { Component, type ReactNode } from "react";
import { Button } from "./Button";

/** A page that breaks, or whose scripts do not come, takes nothing else with it. */
export class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <div className="page page-narrow" role="alert">
        <h1>This page could not be shown</h1>
        <p className="lead">
          {navigator.onLine
            ? "Either a part of it did not arrive, or it has a fault. Loading it again often helps."
            : "You are offline, and this page has not been loaded before."}
        </p>
        <p>
          <Button onClick={() => location.reload()}>Load the page again</Button>
        </p>
      </div>
    );
  }
}
