import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OfflineError, ProblemError } from "@/api/problem";
import { Drafts, type DraftContent, type PutDraft } from "./drafts";

const content = (note: string): DraftContent => ({ outcome: null, label: null, boxes: [], note });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("an edit is kept at once, edits in a burst are one request, and the server's copy ends ours", async () => {
  const put = vi.fn<PutDraft>(() => Promise.resolve());
  const drafts = new Drafts("kim", put);
  drafts.save("t", 3, content("a"));
  drafts.save("t", 3, content("ab"));
  expect(drafts.get("t")).toMatchObject({ note: "ab" });
  expect(put).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(500);
  expect(put).toHaveBeenCalledExactlyOnceWith({ task_id: "t", fencing_token: 3, ...content("ab") });
  expect(drafts.get("t")).toBeNull();
});

test("what is typed while a request is under way is not lost with its answer", async () => {
  let answer = (): void => undefined;
  const put = vi.fn<PutDraft>(() => new Promise<void>((resolve) => (answer = resolve)));
  const drafts = new Drafts("kim", put);
  drafts.save("t", 1, content("a"));
  await vi.advanceTimersByTimeAsync(500);
  drafts.save("t", 1, content("ab"));
  answer();
  await vi.advanceTimersByTimeAsync(500);
  expect(put).toHaveBeenCalledTimes(2);
  expect(put.mock.lastCall?.[0].note).toBe("ab");
});

test("a lost line: tried again until the server has it; another window finds it meanwhile", async () => {
  const put = vi.fn<PutDraft>(() => Promise.resolve());
  put.mockRejectedValueOnce(new OfflineError(null)).mockRejectedValueOnce(new OfflineError(null));
  const drafts = new Drafts("kim", put);
  drafts.save("t", 1, content("a"));
  await vi.advanceTimersByTimeAsync(450);
  expect(new Drafts("kim", put).get("t")).toMatchObject({ note: "a" });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(put).toHaveBeenCalledTimes(3);
  expect(drafts.get("t")).toBeNull();
});

test("what the server has is still known here, until the task is answered or its newer copy comes", async () => {
  const drafts = new Drafts("kim", () => Promise.resolve());
  const asked = Date.now();
  drafts.save("t", 1, content("a"));
  await vi.advanceTimersByTimeAsync(500);
  expect(drafts.get("t")).toBeNull();
  expect(drafts.latest("t")).toEqual(content("a"));
  drafts.cameAnew("t", asked); // asked for before it was saved: older than ours
  expect(drafts.latest("t")).toEqual(content("a"));
  drafts.cameAnew("t", Date.now() + 1);
  expect(drafts.latest("t")).toBeNull();
  drafts.save("t", 1, content("b"));
  await vi.advanceTimersByTimeAsync(500);
  drafts.forget("t");
  expect(drafts.latest("t")).toBeNull();
});

test("stopped: nothing goes out, also not what was under way; back again, it does", async () => {
  const put = vi.fn<PutDraft>(() => Promise.resolve());
  put.mockRejectedValueOnce(new ProblemError({ status: 401, code: "other_person", title: "x", detail: "x" }));
  const drafts = new Drafts("kim", put);
  drafts.save("t", 1, content("a"));
  void drafts.flush();
  drafts.save("u", 1, content("b"));
  drafts.stop();
  drafts.save("v", 1, content("c"));
  await drafts.flush();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(put).toHaveBeenCalledOnce();
  drafts.resume();
  await vi.advanceTimersByTimeAsync(500);
  expect(put.mock.calls.map(([body]) => body.task_id).sort()).toEqual(["t", "t", "u", "v"]);
});

test("refused: kept here, not sent again", async () => {
  const put = vi.fn<PutDraft>(() =>
    Promise.reject(new ProblemError({ status: 404, code: "x", title: "x", detail: "x" })),
  );
  const drafts = new Drafts("kim", put);
  drafts.save("t", 1, content("a"));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(put).toHaveBeenCalledOnce();
  expect(drafts.get("t")).toMatchObject({ note: "a" });
});

test("an answered task's draft is gone, also one on its way", async () => {
  const put = vi.fn<PutDraft>(() => Promise.resolve());
  const drafts = new Drafts("kim", put);
  drafts.save("t", 1, content("a"));
  drafts.forget("t");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(put).not.toHaveBeenCalled();
  expect(drafts.get("t")).toBeNull();
});

test("drafts older than a week are forgotten", async () => {
  const put: PutDraft = () => Promise.reject(new ProblemError({ status: 404, code: "x", title: "x", detail: "x" }));
  const drafts = new Drafts("kim", put);
  drafts.save("t", 1, content("a"));
  await vi.advanceTimersByTimeAsync(8 * 24 * 3_600_000);
  expect(new Drafts("kim", put).get("t")).toBeNull();
});
