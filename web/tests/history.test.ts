import { expect, it } from "vitest";
import { levelOf, share } from "../src/pages/status/Bars";
import { days, duration } from "../src/pages/status/history";

const NOW = Date.parse("2026-03-31T12:00:00Z");
const part = (probes: number) => ({ name: "database", state: "up", availability: [{ window: "90d", probes, share: 1 }] });

it("shows 90 days, the last of them today", () => {
  const found = days(part(90 * 288), [], NOW);
  expect(found).toHaveLength(90);
  expect([found[0]?.day, found[89]?.day]).toEqual(["2026-01-01", "2026-03-31"]);
  expect(found.every(({ availability }) => availability === 1)).toBe(true);
});

it("takes an incident off the days that it lasted, of its own part alone", () => {
  const incidents = [
    { part: "database", started_at: "2026-03-29T18:00:00Z", ended_at: "2026-03-30T12:00:00Z" },
    { part: "objects", started_at: "2026-03-20T00:00:00Z", ended_at: "2026-03-21T00:00:00Z" },
  ];
  const found = days(part(90 * 288), incidents, NOW);
  expect(found.slice(-4).map(({ availability }) => availability)).toEqual([1, 0.75, 0.5, 1]);
  expect(found.filter(({ availability }) => availability !== 1)).toHaveLength(2);
});

it("counts an incident that lasts until now", () => {
  const found = days(part(90 * 288), [{ part: "database", started_at: "2026-03-31T09:00:00Z" }], NOW);
  expect(found.at(-1)?.availability).toBe(0.75);
});

it("knows nothing of the days before the first probe", () => {
  expect(days(part(0), [], NOW).every(({ availability }) => availability === null)).toBe(true);
  const found = days(part(288), [], NOW);
  expect(found.filter(({ availability }) => availability !== null).map(({ day }) => day)).toEqual(["2026-03-30", "2026-03-31"]);
});

it("never rounds a failure away", () => {
  expect([1, 0.99999, 0.999, 0.5, 0].map(share)).toEqual(["100 %", "99.99 %", "99.9 %", "50 %", "0 %"]);
  expect([null, 1, 0.999, 0.9989, 0.5].map((value) => levelOf(value, 0.999))).toEqual(["none", "good", "good", "some", "bad"]);
});

it("says how long an incident was", () => {
  expect(duration("2026-03-31T09:00:00Z", "2026-03-31T09:05:00Z", NOW)).toBe("5 min");
  expect(duration("2026-03-30T09:00:00Z", null, NOW)).toBe("1 d 3 h");
});
