import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Turns } from "./turns";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the next begins when the one before has ended, however that went", async () => {
  const turns = new Turns();
  const log: string[] = [];
  let fail = (): void => undefined;
  const first = turns.take(() => {
    log.push("first");
    return new Promise<void>((_, reject) => (fail = () => reject(new Error("no"))));
  });
  const second = turns.take(() => Promise.resolve(log.push("second")));
  await vi.advanceTimersByTimeAsync(1);
  expect(log).toEqual(["first"]);
  fail();
  await expect(first).rejects.toThrow("no");
  await second;
  expect(log).toEqual(["first", "second"]);
});

test("one that never ends holds nobody up for good", async () => {
  const turns = new Turns();
  void turns.take(() => new Promise(() => undefined));
  const next = vi.fn(() => Promise.resolve());
  void turns.take(next);
  await vi.advanceTimersByTimeAsync(14_000);
  expect(next).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(next).toHaveBeenCalledOnce();
});
