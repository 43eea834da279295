import { afterEach, expect, test, vi } from "vitest";
import { csrfToken, onAnswer, onSignedOut, request, withQuery } from "./client";
import { isPassing, OfflineError, ProblemError } from "./problem";

function answer(status: number, body: string, headers: Record<string, string> = {}) {
  const fetching = vi.fn<typeof fetch>(() =>
    Promise.resolve(new Response(status === 204 ? null : body, { status, headers })),
  );
  vi.stubGlobal("fetch", fetching);
  return fetching;
}

afterEach(() => vi.unstubAllGlobals());

test("a query leaves out what is not asked, and repeats lists", () => {
  expect(withQuery("/api/x", { a: null, b: undefined, c: "", d: 0, e: false, f: ["1", "2 3"] })).toBe(
    "/api/x?d=0&e=false&f=1&f=2+3",
  );
  expect(withQuery("/api/x", {})).toBe("/api/x");
});

test("what changes something carries the CSRF token and JSON; what reads carries neither", async () => {
  document.cookie = "linewatch_csrf=a%2Bb";
  const fetching = answer(200, "{}");
  await request("POST", "/api/x", { body: { a: 1 } });
  await request("GET", "/api/x");
  const [post, get] = fetching.mock.calls.map(([, init]) => init?.headers as Record<string, string>);
  expect(post).toMatchObject({ "X-CSRF-Token": "a+b", "Content-Type": "application/json" });
  expect(get).toEqual({ Accept: "application/json" });
  expect(csrfToken("other=1")).toBe("");
});

test("a problem document becomes its error", async () => {
  answer(409, JSON.stringify({ title: "Conflict", status: 409, code: "lease_lost", detail: "take the next" }), {
    "Retry-After": "5",
  });
  const error = await request("POST", "/api/x").catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({ status: 409, code: "lease_lost", message: "take the next", retryAfterSeconds: 5 });
  expect(isPassing(error)).toBe(false);
});

test("a proxy's page is an error of its status", async () => {
  answer(502, "<html>bad gateway</html>");
  const heard = vi.fn();
  const unhear = onAnswer(heard);
  const error = await request("GET", "/api/x").catch((reason: unknown) => reason);
  unhear();
  expect(error).toMatchObject({ status: 502, code: "http_502" });
  expect(isPassing(error)).toBe(true);
  expect(heard).toHaveBeenCalledWith(false);
});

test("nobody there is offline, which passes", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed to fetch")));
  const error = await request("GET", "/api/x").catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OfflineError);
  expect(isPassing(error)).toBe(true);
});

test("401 is told to whoever shows the sign-in", async () => {
  answer(401, "{}");
  const told = vi.fn();
  const unhear = onSignedOut(told);
  await expect(request("GET", "/api/x")).rejects.toThrow();
  unhear();
  expect(told).toHaveBeenCalledOnce();
});

test("what nobody at the screen caused says so, so that it renews no session", async () => {
  vi.useFakeTimers();
  const fetching = answer(200, "{}");
  const background = () => new Headers(fetching.mock.lastCall?.[1]?.headers).get("X-Linewatch-Background");
  window.dispatchEvent(new KeyboardEvent("keydown"));
  await request("GET", "/api/x");
  expect(background()).toBeNull();
  vi.advanceTimersByTime(61_000);
  await request("GET", "/api/x");
  expect(background()).toBe("1");
  window.dispatchEvent(new Event("pointerdown"));
  await request("GET", "/api/x");
  expect(background()).toBeNull();
  vi.useRealTimers();
});

test("a request says in whose name it is", async () => {
  const fetching = answer(200, "{}");
  await request("POST", "/api/x", { person: "ann" });
  expect(new Headers(fetching.mock.lastCall?.[1]?.headers).get("X-Linewatch-Person")).toBe("ann");
});

test("an empty answer is undefined", async () => {
  answer(204, "");
  expect(await request("PUT", "/api/x")).toBeUndefined();
});

test("a token of a session that was renewed elsewhere is fetched, and the request goes out again", async () => {
  const said: string[] = [];
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => {
    said.push(`${init?.method ?? "GET"} ${path}`);
    if (path === "/api/session") document.cookie = "linewatch_csrf=fresh";
    const right = (init?.headers as Record<string, string>)["X-CSRF-Token"] === "fresh" || path === "/api/session";
    return Promise.resolve(
      new Response(JSON.stringify(right ? { done: true } : { code: "csrf" }), { status: right ? 200 : 403 }),
    );
  });
  document.cookie = "linewatch_csrf=old";
  expect(await request("POST", "/api/x", { body: {} })).toEqual({ done: true });
  expect(said).toEqual(["POST /api/x", "GET /api/session", "POST /api/x"]);
});
