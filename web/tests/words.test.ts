import { describe, expect, it } from "vitest";
import { pieces } from "../src/pages/detect/Sentences";
import { levelOf, meaning, percent } from "../src/pages/detect/words";
import { ago, wait } from "../src/time";
import { dollars, span } from "../src/units";
import { countChars, countWords } from "../src/words";

describe("counting", () => {
  it.each([
    ["", 0],
    ["  \n ", 0],
    ["one", 1],
    ["don't stop", 2],
    ["well-known 1987 — Ünïcødé", 3],
    ["😀 李", 1],
  ])("words of %j", (text, count) => {
    expect(countWords(text)).toBe(count);
  });

  it("counts an emoji as one character", () => {
    expect(countChars("a😀é")).toBe(3);
  });
});

describe("sentences", () => {
  it("give the whole text back, in order, with what stands between them", () => {
    const text = "  First one.\n\n😀 Second.  ";
    const sentences = [
      { start: 2, end: 12, probability: 0.1 },
      { start: 14, end: 24, probability: 0.9 },
    ];
    const found = pieces(text, sentences);
    expect(found.map(({ part }) => part).join("")).toBe(text);
    expect(found.filter(({ sentence }) => sentence).map(({ part }) => part)).toEqual(["First one.", "😀 Second."]);
  });

  it("have one of five levels", () => {
    expect([0, 0.2, 0.21, 0.5, 0.61, 0.8, 0.81, 1].map(levelOf)).toEqual([1, 1, 2, 3, 4, 4, 5, 5]);
  });

  it("are never said to be certain", () => {
    expect([0, 0.004, 0.5, 0.999, 1].map(percent)).toEqual(["1 %", "1 %", "50 %", "99 %", "99 %"]);
  });
});

describe("a verdict in words", () => {
  const of = (verdict: string, rest: object) => meaning({ verdict, words: 12, ...rest } as never);

  it("says how often it is wrong", () => {
    expect(of("ai", { confidence: "high" }).text).toContain("Of 1,000 texts that people wrote, at most about 2");
    expect(of("ai", { confidence: "medium" }).text).toContain("Of 100 texts that people wrote, about 1");
    expect(of("human", { confidence: "medium" }).text).toContain("at most about 5");
  });

  it("claims nothing where there is nothing to claim", () => {
    expect(of("uncertain", { confidence: "low", reason: "too_short" }).text).toContain("12 words");
    expect(of("uncertain", { confidence: "low", reason: "language" }).title).toContain("Not a language");
    expect(of("uncertain", { confidence: "low", reason: "inconclusive" }).title).toBe("It can't be told");
  });
});

describe("times", () => {
  it("are said as people say them", () => {
    const now = Date.parse("2026-01-02T12:00:00Z");
    expect(ago("2026-01-02T11:59:30Z", now)).toBe("just now");
    expect(ago("2026-01-02T11:57:00Z", now)).toBe("3 minutes ago");
    expect(ago("2026-01-01T11:00:00Z", now)).toBe("yesterday");
    expect([0, 5.2, 65, 3_600, 3_725].map(wait)).toEqual(["0 s", "6 s", "1 min 5 s", "1 h 0 min", "1 h 2 min"]);
  });
});

it.each([
  [0, "$0.00"],
  [1, "$1.00"],
  [0.05, "$0.05"],
  [0.000113, "$0.000113"],
  [0.0048, "$0.0048"],
  [19.999812, "$20.00"],
])("an amount of %d", (amount, text) => {
  expect(dollars(amount)).toBe(text);
});

it.each([
  [3_600, "an hour"],
  [86_400, "a day"],
  [7_200, "2 hours"],
  [90, "90 seconds"],
])("a window of %d seconds", (seconds, text) => {
  expect(span(seconds)).toBe(text);
});
