// What a verdict means, in plain words. The figures are those of MODEL.md: what the thresholds were set to.

import type { Detection } from "../../api";

export interface Meaning {
  /** The verdict. */
  title: string;
  /** What it means, and how often it is wrong. */
  text: string;
}

export function meaning({ verdict, confidence, reason, words }: Detection): Meaning {
  switch (verdict) {
    case "ai":
      return {
        title: "Probably written by a machine",
        text:
          confidence === "high"
            ? "Of 1,000 texts that people wrote, at most about 2 look like this one to the model. It could be one of those."
            : "Of 100 texts that people wrote, about 1 looks like this one to the model. It could be that one.",
      };
    case "human":
      return {
        title: "Probably written by a person",
        text:
          confidence === "high"
            ? "Of 100 texts that machines wrote, at most about 1 looks this human to the model."
            : "Of 100 texts that machines wrote, at most about 5 look this human to the model. This could be one of them.",
      };
    case "mixed":
      return {
        title: "Parts of it look machine-written",
        text: "A good part of it looks clearly human and a good part clearly machine-made; the shading below shows which. Of 100 texts that people wrote alone, at most about 1 looks like this to the model. It could be that one.",
      };
    case "uncertain":
      if (reason === "too_short") {
        return {
          title: "Too short to tell",
          text: `It has ${words} ${words === 1 ? "word" : "words"}. Below 50 a verdict would be a guess, so there is none.`,
        };
      }
      if (reason === "language") {
        return { title: "Not a language the model knows", text: "It knows English only. For other languages it gives no verdict." };
      }
      return {
        title: "It can't be told",
        text: "The text looks as much like people's writing as like machines'. Any verdict would be wrong too often, so there is none.",
      };
  }
}

/** Five steps from likely a person to likely a machine. */
export const LEVELS = [
  { level: 1, upTo: 0.2, range: "0 – 20 %", name: "likely a person", line: "no line" },
  { level: 2, upTo: 0.4, range: "20 – 40 %", name: "rather a person", line: "fine dots" },
  { level: 3, upTo: 0.6, range: "40 – 60 %", name: "can't be told", line: "dashes" },
  { level: 4, upTo: 0.8, range: "60 – 80 %", name: "rather a machine", line: "a line" },
  { level: 5, upTo: 1, range: "80 – 100 %", name: "likely a machine", line: "a double line" },
] as const;

export function levelOf(probability: number): number {
  return LEVELS.find(({ upTo }) => probability <= upTo)?.level ?? 5;
}

/** Never 0 % nor 100 %: the model is never that sure. */
export function percent(probability: number): string {
  return `${Math.min(99, Math.max(1, Math.round(probability * 100)))} %`;
}

/** What people call who is asked for a second opinion. */
export function providerName(provider: string): string {
  return PROVIDERS[provider] ?? provider;
}

const PROVIDERS: Partial<Record<string, string>> = { groq: "Groq", openai: "OpenAI" };

export const DISGUISES = [
  ["zero_width", "characters that show nothing"],
  ["bidi", "marks that turn the direction of writing"],
  ["homoglyph", "letters of other scripts that look Latin"],
  ["full_width", "stylised letters"],
  ["odd_space", "unusual spaces"],
  ["combining", "letters with marks drawn over them"],
] as const;
