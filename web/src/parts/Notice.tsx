import type { ReactNode } from "react";
import { Icon } from "./Icon";

/** Something to know. Errors are read out at once, the rest when there is a pause. */
export function Notice({
  tone,
  title,
  children,
  action,
}: {
  tone: "info" | "ok" | "warn" | "error";
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={`notice notice-${tone}`} role={tone === "error" ? "alert" : "status"}>
      <Icon name={tone} />
      <div>
        <p className="notice-title">{title}</p>
        {children !== undefined && <div className="notice-text">{children}</div>}
        {action}
      </div>
    </div>
  );
}
