import type { Problem } from "./types";

/** The server answered, and said no: what happened and what to do are in `message`. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly retryAfterSeconds: number | null;

  constructor(problem: Pick<Problem, "status" | "code" | "title" | "detail">, retryAfterSeconds: number | null = null) {
    super(problem.detail);
    this.name = "ProblemError";
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Nobody answered: the network or the server is away. What was to be sent may be sent again. */
export class OfflineError extends Error {
  constructor(cause: unknown) {
    super("the console's server does not answer", { cause });
    this.name = "OfflineError";
  }
}

/** Whether the same request may succeed later without anybody changing it. */
export function isPassing(error: unknown): boolean {
  if (error instanceof OfflineError) return true;
  return error instanceof ProblemError && (error.status >= 500 || error.status === 408 || error.status === 429);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const text = (value: unknown, otherwise: string): string =>
  typeof value === "string" && value !== "" ? value : otherwise;

/** Read an error answer: an RFC 9457 document, else whatever a proxy in between made of it. */
export async function problemOf(response: Response): Promise<ProblemError> {
  // What is no JSON is a proxy's page, or nothing.
  const body: unknown = await response.json().catch(() => null);
  const document = isRecord(body) ? body : {};
  const after = Number(response.headers.get("Retry-After"));
  return new ProblemError(
    {
      status: response.status,
      code: text(document["code"], `http_${response.status}`),
      title: text(document["title"], response.statusText || `HTTP ${response.status}`),
      detail: text(document["detail"], `The server answered ${response.status} without saying why.`),
    },
    Number.isFinite(after) && after > 0 ? after : null,
  );
}
