import { expect, test, vi } from "vitest";
import { Kept } from "./kept";

test("what one window keeps another one reads, in the order of the names", () => {
  const one = new Kept<number>("p/");
  one.set("b", 2);
  one.set("a", 1);
  localStorage.setItem("other/c", "3");
  const two = new Kept<number>("p/");
  expect(two.names()).toEqual(["a", "b"]);
  expect(two.get("b")).toBe(2);
  two.remove("b");
  expect(one.names()).toEqual(["a"]);
});

test("full storage: memory keeps it", () => {
  vi.spyOn(console, "warn").mockReturnValue();
  const storage = full();
  const kept = new Kept<number>("p/", storage);
  kept.set("a", 1);
  expect(kept.get("a")).toBe(1);
  expect(kept.names()).toEqual(["a"]);
  expect(new Kept<number>("p/", storage).names()).toEqual(["a"]);
  kept.remove("a");
  expect(kept.get("a")).toBeNull();
});

test("what is no JSON is forgotten", () => {
  localStorage.setItem("p/a", "{");
  expect(new Kept("p/").get("a")).toBeNull();
  expect(localStorage.getItem("p/a")).toBeNull();
});

/** A browser's storage that is full from the start. */
function full(): Storage {
  const refuse = (): never => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const none = () => null;
  const done = () => undefined;
  return { length: 0, key: none, getItem: none, setItem: refuse, removeItem: done, clear: done };
}
