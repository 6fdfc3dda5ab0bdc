import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Opinion as Found } from "../src/api";
import { Asking } from "../src/pages/detect/Asking";
import { Opinion } from "../src/pages/detect/Opinion";

afterEach(cleanup);

const GIVEN: Found = { status: "ok", provider: "groq", model: "gpt-oss-20b", probability: 0.998, reasons: ["It names a weekday."], cost_usd: 0.000113, tokens: null };

describe("a second opinion", () => {
  const text = (opinion: Found) => {
    const { container } = render(<Opinion opinion={opinion} />);
    return container.textContent;
  };

  it("names whose it is, its reasons and its price, and is never sure", () => {
    const shown = text(GIVEN);
    expect(screen.getByRole("region", { name: "Groq puts it at 99 % likely machine-written" })).toBeTruthy();
    for (const part of ["from outside of this service", "gpt-oss-20b", "It names a weekday.", "$0.000113"]) expect(shown).toContain(part);
  });

  it.each<[string, Found, string[], string[]]>([
    ["nobody answered", { status: "unavailable", cost_usd: 0.000062 }, ["may have reached them", "counts as $0.000062"], []],
    ["nobody answered, at no cost", { status: "unavailable", cost_usd: 0 }, ["may have reached them"], ["counts as"]],
    [
      "the budget is used up",
      { status: "budget_exhausted", opens_at: "2026-03-01T00:00:00.000Z", cost_usd: 0 },
      ["used up", "again from 1 Mar", "Your text has stayed here."],
      [],
    ],
    [
      "the budget was used up by an attempt",
      { status: "budget_exhausted", opens_at: "2026-03-01T00:00:00.000Z", cost_usd: 0.01 },
      ["counts as $0.01"],
      ["stayed here"],
    ],
    ["the text is too dear", { status: "budget_exhausted", opens_at: null, cost_usd: 0 }, ["more than the budget ever holds"], ["again from"]],
    ["nobody is there to ask", { status: "not_configured" }, ["Nobody else can be asked", "Your text has stayed here."], []],
  ])("says in words that %s", (_, opinion, there, not) => {
    const shown = text(opinion);
    for (const part of there) expect(shown).toContain(part);
    for (const part of not) expect(shown).not.toContain(part);
  });
});

describe("asking for one", () => {
  it("is no choice where there is nobody to ask, or that is not known", () => {
    render(<Asking providers={[]} checked={false} onChange={vi.fn()} />);
    expect(screen.queryByRole("checkbox")).toBeNull();
    expect(screen.getByText(/goes nowhere else/)).toBeTruthy();
    cleanup();
    render(<Asking providers={null} checked={false} onChange={vi.fn()} />);
    expect(screen.queryByRole("checkbox")).toBeNull();
    expect(screen.queryByText(/goes nowhere else/)).toBeNull();
  });

  it("says who is asked and that the text leaves, and is off until somebody says so", () => {
    const onChange = vi.fn();
    render(<Asking providers={["groq", "openai"]} checked={false} onChange={onChange} />);
    const box = screen.getByRole<HTMLInputElement>("checkbox", { name: "Also ask Groq or OpenAI" });
    expect(box.checked).toBe(false);
    expect(document.getElementById(box.getAttribute("aria-describedby") ?? "")?.textContent).toContain("Your text then leaves this service");
    fireEvent.click(box);
    expect(onChange).toHaveBeenCalledWith(true);
  });
});
