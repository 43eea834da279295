import { expect, test, vi } from "vitest";
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
