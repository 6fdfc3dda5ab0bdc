export type Verdict = "human" | "mixed" | "ai" | "uncertain";

export interface Signal {
  name: string;
  text: string;
  value: number;
  usual_human: { low: number; high: number };
  usual_ai: { low: number; high: number };
  direction: "human" | "ai";
}

export interface Detection {
  id: string;
  verdict: Verdict;
  probability: number;
  confidence: "low" | "medium" | "high";
  reason?: "too_short" | "language" | "inconclusive";
  language: string;
  words: number;
  sentences: { start: number; end: number; probability: number }[];
  signals: Signal[];
  manipulation: {
    suspicious: boolean;
    zero_width: number;
    bidi: number;
    homoglyph: number;
    full_width: number;
    odd_space: number;
    places: { start: number; end: number; kind: string }[];
  };
  model: { version: string; trained_on: string };
  document?: { kind: string; text: string };
  usage: { limit: number; remaining: number; resets_at: string } | null;
}

export interface Session {
  id: string;
  device: string;
  created_at: string;
  last_used_at: string;
  expires_at: string;
  current: boolean;
}

export interface Sessions {
  sessions: Session[];
}

export interface Revoked {
  revoked: number;
}

export type Status = unknown;
