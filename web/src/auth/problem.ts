/** An error answer of the server (RFC 9457) as an exception. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly status: number,
    /** The stable code to go by. */
    readonly code: string,
    /** For people. */
    readonly detail: string,
    readonly fields: readonly FieldProblem[] = [],
    /** When to try again, in seconds, where the server says so. */
    readonly retryAfter: number | null = null,
    readonly requestId: string | null = null,
  ) {
    super(`${status} ${code}`);
  }
}

export interface FieldProblem {
  field: string;
  message: string;
}

/** Nobody is signed in (any more), so the request was not made or not answered. */
export class SignedOut extends Error {
  override readonly name = "SignedOut";
}

/** The server did not answer at all: offline, down, or too slow. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** Reads an error answer; never fails, whatever stands between the server and us has sent. */
export async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const { code, detail, errors, request_id } = isRecord(body) ? body : {};
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new Problem(
    response.status,
    typeof code === "string" ? code : "unknown",
    typeof detail === "string" ? detail : `The server answered with an error (${response.status}).`,
    Array.isArray(errors) ? errors.filter(isFieldProblem) : [],
    Number.isFinite(seconds) && seconds >= 0 ? seconds : null,
    typeof request_id === "string" ? request_id : response.headers.get("x-request-id"),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isFieldProblem(value: unknown): value is FieldProblem {
  return isRecord(value) && typeof value.field === "string" && typeof value.message === "string";
}
