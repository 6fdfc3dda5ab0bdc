import { describe, expect, it } from "vitest";
import { signInPath, wayBack } from "../src/auth";

describe("the way back", () => {
  it("leads back to where one was", () => {
    const path = signInPath("/account#password");
    expect(path).toBe("/sign-in?next=%2Faccount%23password");
    expect(wayBack(path.slice("/sign-in".length), "/detect")).toBe("/account#password");
  });

  it("is left out where there is none", () => {
    expect(signInPath("/")).toBe("/sign-in");
    expect(signInPath("/sign-in")).toBe("/sign-in");
    expect(wayBack("", "/detect")).toBe("/detect");
  });

  it.each([
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "/.//evil.example",
    "/x/..//evil.example",
    "//user@evil.example",
    "/%2F\r\nset-cookie: x",
    " /account",
    "account",
    "",
  ])("S14 believes no address but the site's own: %j", (next) => {
    expect(wayBack(`?next=${encodeURIComponent(next)}`, "/detect")).toBe("/detect");
    expect(signInPath(next)).toBe("/sign-in");
  });
});
