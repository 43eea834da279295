import { OfflineError, problemOf } from "./problem";

type Query = Record<string, string | number | boolean | null | undefined | readonly string[]>;
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RequestOptions {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** Let the request outlive the page: for what is said when leaving. */
  keepalive?: boolean;
  /** Images and decisions go first: figures beside them can wait for a connection. */
  priority?: RequestPriority;
  /** In whose name this is said: the server refuses it from another person's session. */
  person?: string;
}

/** What is asked so long after the last key or click, nobody at the screen has caused: polling, refetches on events. */
const CAUSED_MS = 60_000;
/** Says that no person caused a request: the session is not renewed by it. */
export const BACKGROUND = { "X-Linewatch-Background": "1" };
let lastDeed = Date.now();
for (const deed of ["keydown", "pointerdown", "wheel"]) {
  window.addEventListener(deed, () => (lastDeed = Date.now()), { capture: true, passive: true });
}

/** The headers of a request at this moment: whether a person caused it. */
export const causedBy = (): Record<string, string> => (Date.now() - lastDeed > CAUSED_MS ? BACKGROUND : {});

type Listener = (answered: boolean) => void;
const listeners = new Set<Listener>();
const unauthorized = new Set<() => void>();

/** Hear of every request whether the server answered at all. */
export function onAnswer(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Hear that the server no longer knows who we are. */
export function onSignedOut(listener: () => void): () => void {
  unauthorized.add(listener);
  return () => void unauthorized.delete(listener);
}

/** Say that the server no longer knows who we are. */
export function tellSignedOut(): void {
  unauthorized.forEach((listener) => listener());
}

export function csrfToken(cookies = document.cookie): string {
  const found = cookies.split("; ").find((cookie) => cookie.startsWith("linewatch_csrf="));
  return found === undefined ? "" : decodeURIComponent(found.slice("linewatch_csrf=".length));
}

export function withQuery(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    if (typeof value === "object") value.forEach((one) => parameters.append(name, one));
    else parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === "" ? path : `${path}?${text}`;
}

async function answerOf(method: Method, path: string, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...causedBy() };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRF-Token"] = csrfToken();
  if (options.person !== undefined) headers["X-Linewatch-Person"] = options.person;
  try {
    const response = await fetch(withQuery(path, options.query), {
      method,
      headers,
      credentials: "same-origin",
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.priority ? { priority: options.priority } : {}),
      ...(options.keepalive ? { keepalive: true } : {}),
    });
    listeners.forEach((listener) => listener(response.status < 502 || response.status > 504));
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    listeners.forEach((listener) => listener(false));
    throw new OfflineError(error);
  }
}

/**
 * Ask the console's API.
 *
 * @throws ProblemError when it says no, OfflineError when nobody answers.
 */
export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  let response = await answerOf(method, path, options);
  if (response.status === 403 && (await problemOf(response.clone())).code === "csrf") {
    // The session was renewed in another window: its token comes with the next look at the session.
    await answerOf("GET", "/api/session", {});
    response = await answerOf(method, path, options);
  }
  if (!response.ok) {
    if (response.status === 401) tellSignedOut();
    throw await problemOf(response);
  }
  // The caller names the type that the API's document gives; an empty answer is undefined.
  return (response.status === 204 ? undefined : await response.json()) as T;
}
