// Amounts and stretches of time in words.

/** "$0.05", "$0.000113": cents, and beyond them as many digits as say something; never a cost as nothing. */
export function dollars(amount: number): string {
  const digits = amount === 0 || amount >= 0.01 ? 2 : 6;
  const text = amount.toFixed(digits);
  return `$${digits === 6 ? text.replace(/0+$/, "") : text}`;
}

/** "an hour", "10 minutes": the length of a window. */
export function span(seconds: number): string {
  for (const [unit, size, one] of UNITS) {
    if (seconds % size === 0) return seconds === size ? one : `${seconds / size} ${unit}s`;
  }
  return `${seconds} seconds`;
}

const UNITS = [
  ["day", 86_400, "a day"],
  ["hour", 3_600, "an hour"],
  ["minute", 60, "a minute"],
] as const;
