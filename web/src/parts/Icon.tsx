const PATHS = {
  keep: "M4 3h4v3h2V3h4v3h2V3h4v8l-2 2v8h-5v-4a1 1 0 0 0-2 0v4H6v-8l-2-2z",
  info: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm-1 5h2v2h-2zm0 4h2v6h-2z",
  warn: "M12 3 1.500 21h21zm-1 7h2v5h-2zm0 6.500h2v2h-2z",
  error: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm-1 5h2v7h-2zm0 8.500h2v2h-2z",
  ok: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm-1.300 14.300-4-4 1.400-1.400 2.600 2.600 5.200-5.200 1.400 1.400z",
  file: "M6 2h8l5 5v15H6zm7.500 1.500V8H18z",
  device: "M4 4h16v11H4zm2 2v7h12V6zM2 17h20v2H2z",
  phone: "M7 2h10v20H7zm2 3v12h6V5zm2 13.500h2V20h-2z",
  clock: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zm-1 3h2v4.600l3.200 3.200-1.400 1.400L11 12.400z",
} as const;

export type IconName = keyof typeof PATHS;

/** A picture beside words that say the same. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="currentColor" fillRule="evenodd" />
    </svg>
  );
}
