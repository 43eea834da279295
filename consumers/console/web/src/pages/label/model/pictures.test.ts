import { expect, test, vi } from "vitest";
import { OfflineError } from "@/api/problem";
import { Pictures } from "./pictures";

/** Loads end when the test says so. */
function loading() {
  const loads = new Map<
    string,
    { resolve: (bitmap: ImageBitmap) => void; reject: (error: Error) => void; signal: AbortSignal }
  >();
  const pictures = new Pictures(
    (url, signal) => new Promise((resolve, reject) => void loads.set(url, { resolve, reject, signal })),
  );
  return { loads, pictures };
}

const bitmap = () => ({ width: 4, height: 3, close: vi.fn() });
const later = () => new Promise((resolve) => setTimeout(resolve));

test("wanted images are loaded once and are there when they are shown", async () => {
  const { loads, pictures } = loading();
  const watcher = vi.fn();
  pictures.watch(watcher);
  pictures.want(["a", "b"]);
  pictures.want(["a", "b"]);
  expect([...loads.keys()]).toEqual(["a", "b"]);
  const picture = bitmap();
  loads.get("b")?.resolve(picture);
  await later();
  expect(pictures.get("b").bitmap).toBe(picture);
  expect(pictures.get("a").bitmap).toBeNull();
  expect(watcher).toHaveBeenCalledOnce();
});

test("three are loaded at once, the first ones first, so that the other requests have their connections", async () => {
  const { loads, pictures } = loading();
  pictures.want(["a", "b", "c", "d", "e"]);
  expect([...loads.keys()]).toEqual(["a", "b", "c"]);
  loads.get("b")?.resolve(bitmap());
  await later();
  expect([...loads.keys()]).toEqual(["a", "b", "c", "d"]);
  pictures.want(["z", "a", "c", "d"]); // a past label is looked at
  expect([...loads.keys()].at(-1)).toBe("z");
  loads.get("c")?.reject(new Error("gone"));
  loads.get("a")?.resolve(bitmap());
  await later();
  pictures.want(["z", "c", "d", "e"]);
  expect([...loads.keys()].at(-1)).toBe("e");
});

test("what is wanted no more is closed, also when it comes late", async () => {
  const { loads, pictures } = loading();
  pictures.want(["a", "b"]);
  const [early, late] = [bitmap(), bitmap()];
  loads.get("a")?.resolve(early);
  await later();
  pictures.want([]);
  expect(early.close).toHaveBeenCalledOnce();
  expect(loads.get("b")?.signal.aborted).toBe(true);
  loads.get("b")?.resolve(late);
  await later();
  expect(late.close).toHaveBeenCalledOnce();
  expect(pictures.get("b").url).toBe("");
});

test("a failed image is asked for again by itself, and its reason stays until it comes", async () => {
  vi.useFakeTimers();
  const { loads, pictures } = loading();
  pictures.want(["a"]);
  loads.get("a")?.reject(new Error("not there yet"));
  await vi.advanceTimersByTimeAsync(2_100);
  expect(pictures.get("a").error?.message).toBe("not there yet");
  loads.get("a")?.resolve(bitmap());
  await vi.advanceTimersByTimeAsync(1);
  expect(pictures.get("a").error).toBeNull();
  expect(pictures.get("a").bitmap).not.toBeNull();
  vi.useRealTimers();
});

test("a failed image says why and can be tried again", async () => {
  const { loads, pictures } = loading();
  pictures.want(["a"]);
  loads.get("a")?.reject(new Error("neither in the blob store nor in Kafka"));
  await later();
  expect(pictures.get("a").error?.message).toContain("blob store");
  pictures.again("a");
  expect(pictures.get("a").error).toBeNull();
  loads.get("a")?.resolve(bitmap());
  await later();
  expect(pictures.get("a").bitmap).not.toBeNull();
});

test("what failed while nobody answered is tried again by itself; what is not there is not", async () => {
  const { loads, pictures } = loading();
  pictures.want(["away", "missing"]);
  loads.get("away")?.reject(new OfflineError("refused"));
  loads.get("missing")?.reject(new Error("neither in the blob store nor in Kafka"));
  await later();
  pictures.recover();
  expect(pictures.get("away").error).toBeNull();
  expect(pictures.get("missing").error?.message).toContain("blob store");
  loads.get("away")?.resolve(bitmap());
  await later();
  expect(pictures.get("away").bitmap).not.toBeNull();
});
