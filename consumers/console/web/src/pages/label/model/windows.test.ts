import { afterEach, expect, test, vi } from "vitest";
import { Windows } from "./windows";

/** Windows of one browser: what one says all others of the channel hear. */
class Channel {
  static readonly all = new Set<Channel>();
  onmessage: ((event: { data: unknown }) => void) | null = null;
  constructor(private readonly name: string) {
    Channel.all.add(this);
  }
  postMessage(data: unknown): void {
    if (!Channel.all.has(this)) return;
    for (const other of Channel.all) if (other !== this && other.name === this.name) other.onmessage?.({ data });
  }
  close(): void {
    Channel.all.delete(this);
  }
}

afterEach(() => {
  Channel.all.clear();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("two windows of one person know of each other until one goes; another person's counts for nothing", () => {
  vi.stubGlobal("BroadcastChannel", Channel);
  const [one, two, lee] = [new Windows("kim"), new Windows("kim"), new Windows("lee")];
  one.open();
  lee.open();
  expect(one.alone()).toBe(true);
  const close = two.open();
  expect([one.alone(), two.alone(), lee.alone()]).toEqual([false, false, true]);
  close();
  expect(one.alone()).toBe(true);
});

test("a window that crashed is forgotten once it has been silent for long", () => {
  vi.useFakeTimers();
  vi.stubGlobal("BroadcastChannel", Channel);
  const [one, two] = [new Windows("kim"), new Windows("kim")];
  one.open();
  two.open();
  [...Channel.all].at(-1)?.close();
  vi.advanceTimersByTime(150_000);
  expect(one.alone()).toBe(false);
  vi.advanceTimersByTime(60_000);
  expect(one.alone()).toBe(true);
});
