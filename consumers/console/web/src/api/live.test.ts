import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { request } from "./client";
import { LiveLine } from "./live";

/** A server whose line the test feeds and breaks. */
function server() {
  const opened: string[] = [];
  let feed: ReadableStreamDefaultController<Uint8Array> | null = null;
  const state = { away: false, status: 200 };
  vi.stubGlobal(
    "fetch",
    vi.fn((address: string, init?: RequestInit) => {
      if (state.away) return Promise.reject(new TypeError("failed to fetch"));
      if (!address.startsWith("/api/events")) return Promise.resolve(new Response("{}"));
      opened.push(address);
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          feed = controller;
          init?.signal?.addEventListener("abort", () => controller.error(new DOMException("aborted", "AbortError")));
        },
      });
      return Promise.resolve(new Response(body, { status: state.status }));
    }),
  );
  return {
    opened,
    state,
    send: (text: string) => feed?.enqueue(new TextEncoder().encode(text)),
    end: () => feed?.close(),
  };
}

const settle = () => vi.advanceTimersByTimeAsync(1);
let stop = (): void => undefined;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "debug").mockReturnValue();
});
afterEach(() => {
  stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("one line carries every kind that somebody listens to, and goes with the last of them", async () => {
  const { opened, send } = server();
  const line = new LiveLine();
  stop = line.start();
  await settle();
  expect(line.snapshot().state).toBe("live");
  const heard = vi.fn();
  const unsubscribe = [line.subscribe("task", heard), line.subscribe("inspection", vi.fn())];
  await settle();
  expect(opened.at(-1)).toBe("/api/events?kinds=alarm%2Cinspection%2Ctask");
  send('event: task\ndata: {"task_id":"a"}\n\n');
  await settle();
  expect(heard).toHaveBeenCalledExactlyOnceWith({ task_id: "a" });
  unsubscribe.forEach((leave) => leave());
  await settle();
  expect(opened.at(-1)).toBe("/api/events?kinds=alarm");
});

test("a line that ends is lost since its last byte, and comes back by itself", async () => {
  const { state, end } = server();
  const line = new LiveLine();
  stop = line.start();
  await settle();
  const last = Date.now();
  await vi.advanceTimersByTimeAsync(3_000);
  state.away = true;
  end();
  await settle();
  expect(line.snapshot().state).toBe("lost");
  expect(line.snapshot().since).toBeLessThanOrEqual(last);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(line.snapshot().state).toBe("lost");
  state.away = false;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(line.snapshot().state).toBe("live");
});

test("pings keep it alive, silence does not", async () => {
  const { send } = server();
  const line = new LiveLine();
  stop = line.start();
  await settle();
  for (let beat = 0; beat < 6; beat += 1) {
    await vi.advanceTimersByTimeAsync(10_000);
    send(": ping\n\n");
  }
  const watcher = vi.fn(() => line.snapshot().state);
  line.watch(watcher);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(watcher).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(12_000);
  expect(watcher).toHaveNthReturnedWith(1, "lost");
});

test("a window that nobody sees gives its connection back, and has it again when it is seen", async () => {
  const { opened } = server();
  const line = new LiveLine();
  stop = line.start();
  const seen = vi.spyOn(document, "visibilityState", "get");
  const turn = async (state: DocumentVisibilityState, ms: number) => {
    seen.mockReturnValue(state);
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(ms);
  };
  await turn("hidden", 1_000);
  await turn("visible", 10_000); // only a glance elsewhere
  expect(opened).toHaveLength(1);
  await turn("hidden", 120_000);
  expect(line.snapshot().state).toBe("connecting");
  expect(opened).toHaveLength(1);
  await turn("visible", 1);
  expect(opened).toHaveLength(2);
  expect(line.snapshot().state).toBe("live");
  seen.mockRestore();
});

test("a request that finds nobody breaks the line, one that is answered mends it", async () => {
  const { state } = server();
  const line = new LiveLine();
  stop = line.start();
  await settle();
  state.away = true;
  await request("GET", "/api/x").catch(() => null);
  expect(line.snapshot().state).toBe("lost");
  await vi.advanceTimersByTimeAsync(30_000);
  state.away = false;
  await vi.advanceTimersByTimeAsync(1_200);
  await request("GET", "/api/x");
  await settle();
  expect(line.snapshot().state).toBe("live");
});

test("an event nobody can read is told to the log, not to the page", async () => {
  const { send } = server();
  const line = new LiveLine();
  stop = line.start();
  line.subscribe("task", vi.fn());
  await settle();
  send("event: task\ndata: {\n\n");
  await settle();
  expect(line.snapshot().state).toBe("lost");
});
