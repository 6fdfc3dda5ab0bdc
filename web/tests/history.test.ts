import { expect, it } from "vitest";
import { levelOf, share } from "../src/pages/status/Bars";
import { daysOf, duration } from "../src/pages/status/history";

const NOW = Date.parse("2026-03-31T12:00:00Z");

it("takes the days of one part, and knows nothing of those that were not recorded", () => {
  const parts = (database: number | null) => [
    { name: "database", availability: database },
    { name: "objects", availability: 0.5 },
  ];
  const recorded = [
    { date: "2026-03-30", availability: 0.75, parts: parts(1) },
    { date: "2026-03-31", availability: 0.5, parts: parts(null) },
  ];
  expect(daysOf("database", recorded)).toEqual([
    { day: "2026-03-30", availability: 1 },
    { day: "2026-03-31", availability: null },
  ]);
  expect(daysOf("a part of another version", recorded).map(({ availability }) => availability)).toEqual([null, null]);
});

it("never rounds a failure away", () => {
  expect([1, 0.99999, 0.999, 0.5, 0].map(share)).toEqual(["100 %", "99.99 %", "99.9 %", "50 %", "0 %"]);
  expect([null, 1, 0.999, 0.9989, 0.5].map((value) => levelOf(value, 0.999))).toEqual(["none", "good", "good", "some", "bad"]);
});

it("says how long an incident was", () => {
  expect(duration("2026-03-31T09:00:00Z", "2026-03-31T09:05:00Z", NOW)).toBe("5 min");
  expect(duration("2026-03-30T09:00:00Z", null, NOW)).toBe("1 d 3 h");
});
