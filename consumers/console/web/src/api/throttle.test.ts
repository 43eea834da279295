import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { throttle } from "./throttle";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the first wish is granted at once, a storm of them once in a while, and the last one too", () => {
  const act = vi.fn();
  const wish = throttle(act, 4_000);
  wish();
  expect(act).toHaveBeenCalledTimes(1);
  for (let event = 0; event < 100; event += 1) {
    wish();
    vi.advanceTimersByTime(100);
  }
  expect(act).toHaveBeenCalledTimes(3);
  vi.advanceTimersByTime(4_000);
  expect(act).toHaveBeenCalledTimes(4);
  vi.advanceTimersByTime(60_000);
  expect(act).toHaveBeenCalledTimes(4);
});
