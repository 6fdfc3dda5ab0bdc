// Files that people choose or drop.

export const KINDS = [".txt", ".md", ".docx", ".pdf"];
export const MOST_BYTES = 5 * 1024 * 1024;

export function isReadable(name: string): boolean {
  return KINDS.some((kind) => name.toLowerCase().endsWith(kind));
}

/** The text of a plain file, so that it can be looked at before it is sent; `null` when that is for the Worker to read. */
export async function readHere(file: File): Promise<string | null> {
  if (!/\.(txt|md)$/i.test(file.name)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    return null;
  }
}
