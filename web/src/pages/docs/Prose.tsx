/** Text with `code` in it. */
export function Prose({ children }: { children: string }) {
  return children.split(/\n{2,}/).map((paragraph) => (
    <p key={paragraph} className="prose">
      <Line>{paragraph}</Line>
    </p>
  ));
}

/** One line of it, within another element. */
export function Line({ children }: { children: string }) {
  return children.split("`").map((part, at) => (at % 2 === 1 ? <code key={`${at}${part}`}>{part}</code> : part));
}
