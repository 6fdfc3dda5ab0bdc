// Where somebody wanted to go before they had to sign in.

/** The address of the sign-in page with the way back to `path`. */
export function signInPath(path: string, page = "/sign-in"): string {
  return isOwnPath(path) && path !== "/" && path !== page ? `${page}?next=${encodeURIComponent(path)}` : page;
}

/** The way back out of a query string. An address is text from outside: only a path of this very site is believed. */
export function wayBack(search: string, otherwise: string): string {
  const next = new URLSearchParams(search).get("next");
  return next !== null && isOwnPath(next) ? next : otherwise;
}

function isOwnPath(path: string): boolean {
  // "//host" and "/\host" lead elsewhere, and browsers drop tabs and line breaks before they look.
  if (!/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path)) return false;
  const url = new URL(path, "https://own.invalid");
  return url.origin === "https://own.invalid" && url.pathname.startsWith("/") && !url.pathname.startsWith("//");
}
