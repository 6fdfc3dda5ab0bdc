import { useEffect, useRef, type ReactNode } from "react";

/** A page: its title, its heading, and the focus on it when one comes from another page. */
export function Page({
  title,
  lead,
  width = "wide",
  children,
}: {
  title: string;
  lead?: ReactNode;
  width?: "narrow" | "middle" | "wide";
  children: ReactNode;
}) {
  const heading = useTitle(title);
  return (
    <div className={`page page-${width}`}>
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead !== undefined && <p className="lead">{lead}</p>}
      </div>
      {children}
    </div>
  );
}

let first = true;

/** Sets the title, and moves the focus to the heading: but not on the first page, where the browser has put it. */
export function useTitle(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = title === "Edgekeep" ? title : `${title} · Edgekeep`;
  }, [title]);
  useEffect(() => {
    if (!first) {
      window.scrollTo(0, 0);
      heading.current?.focus({ preventScroll: true });
    }
    return () => {
      first = false;
    };
  }, []);
  return heading;
}
