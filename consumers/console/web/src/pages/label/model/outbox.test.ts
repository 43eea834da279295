import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OfflineError, ProblemError } from "@/api/problem";
import type { LabelReceipt, LabelSubmit } from "@/api/types";
import { task } from "@/test/labeling";
import { Outbox, unsent } from "./outbox";

const BODY: Omit<LabelSubmit, "task_id"> = {
  fencing_token: 1,
  outcome: "labeled",
  label: "good",
  boxes: [],
  image_width: 10,
  image_height: 10,
  note: null,
  seconds_taken: 1,
  prediction_shown: false,
};
const problem = (status: number, code = "x", after: number | null = null) =>
  new ProblemError({ status, code, title: code, detail: `because ${code}` }, after);

/** A server that remembers what reached it, and fails as it is told. */
function server() {
  const reached: string[] = [];
  const failures: Error[] = [];
  const take = (name: string): Promise<LabelReceipt> => {
    reached.push(name);
    const failure = failures.shift();
    return failure === undefined ? Promise.resolve({ label_id: name, version: 1 }) : Promise.reject(failure);
  };
  return {
    reached,
    failures,
    post: {
      submit: (body: LabelSubmit) => take(body.task_id),
      correct: (body: { label_id: string }) => take(`correct ${body.label_id}`),
    },
  };
}

const told = () => ({ delivered: vi.fn(), refused: vi.fn() });
const say = (outbox: Outbox, id: string) =>
  outbox.add({ kind: "submit", labelId: `${id}/first/1`, task: task(id), body: { ...BODY, task_id: id } });
const correct = (outbox: Outbox, id: string) =>
  outbox.add({
    kind: "correct",
    labelId: `${id}/first/1`,
    task: task(id),
    body: { ...BODY, label_id: `${id}/first/1` },
  });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("decisions reach the server in their order, and leave the storage only then", async () => {
  const { reached, post } = server();
  const hears = told();
  const outbox = new Outbox("kim", post, hears);
  say(outbox, "a");
  say(outbox, "b");
  correct(outbox, "a");
  expect(outbox.snapshot().pending).toHaveLength(3);
  await outbox.flush();
  expect(reached).toEqual(["a", "b", "correct a/first/1"]);
  expect(outbox.snapshot().pending).toEqual([]);
  expect(localStorage.length).toBe(0);
  expect(hears.delivered).toHaveBeenCalledTimes(3);
});

test("a lost line stops the sending, keeps the order and tries again by itself", async () => {
  const { reached, failures, post } = server();
  failures.push(new OfflineError(null), problem(503), problem(401));
  const outbox = new Outbox("kim", post, told());
  say(outbox, "a");
  say(outbox, "b");
  await outbox.flush();
  expect(outbox.snapshot()).toMatchObject({ stuck: true, pending: [{}, {}] });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reached).toEqual(["a", "a", "a", "a", "b"]);
  expect(outbox.snapshot()).toEqual({ pending: [], refused: [], stuck: false });
});

test("Retry-After is waited for", async () => {
  const { reached, failures, post } = server();
  failures.push(problem(503, "broker_away", 30));
  const outbox = new Outbox("kim", post, told());
  say(outbox, "a");
  await outbox.flush();
  await vi.advanceTimersByTimeAsync(29_000);
  expect(reached).toEqual(["a"]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(reached).toEqual(["a", "a"]);
});

test("a window that opens again sends what the last one left", async () => {
  const first = server();
  first.failures.push(new OfflineError(null));
  const closed = new Outbox("kim", first.post, told());
  say(closed, "a");
  await closed.flush();
  closed.stop();

  const second = server();
  const opened = new Outbox("kim", second.post, told());
  expect(opened.snapshot().pending).toHaveLength(1);
  await opened.flush();
  expect(second.reached).toEqual(["a"]);
});

test("nobody sends in another person's name", async () => {
  const { reached, failures, post } = server();
  failures.push(new OfflineError(null));
  const kim = new Outbox("kim", post, told());
  say(kim, "a");
  await kim.flush();
  kim.stop();
  const lee = new Outbox("lee", post, told());
  await lee.flush();
  expect(lee.snapshot().pending).toEqual([]);
  expect(reached).toEqual(["a"]);
});

test("a try that ends after the stop starts no other; the person comes back and all goes out", async () => {
  const { reached, failures, post } = server();
  const kim = new Outbox("kim", post, told());
  failures.push(problem(401, "other_person"));
  say(kim, "a");
  say(kim, "b");
  kim.stop(); // as the 401 does before the one who sent hears of it
  await vi.advanceTimersByTimeAsync(60_000);
  await kim.flush();
  say(kim, "c");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reached).toEqual(["a"]);
  expect(unsent("kim")).toBe(3);
  expect(unsent("lee")).toBe(0);
  kim.resume();
  await vi.advanceTimersByTimeAsync(1);
  expect(reached).toEqual(["a", "a", "b", "c"]);
  expect(unsent("kim")).toBe(0);
});

test("Kafka away: every decision is written down at the server at once, those it has are asked for again later", async () => {
  const { reached, failures, post } = server();
  const outbox = new Outbox("kim", post, told());
  failures.push(problem(503, "broker_away"), problem(503, "broker_away"), problem(503, "broker_away"));
  say(outbox, "a");
  say(outbox, "b");
  correct(outbox, "a");
  expect(outbox.holding().map((body) => body.task_id)).toEqual(["a", "b"]);
  await outbox.flush();
  expect(reached).toEqual(["a", "b", "correct a/first/1"]);
  expect(outbox.snapshot()).toMatchObject({ stuck: true, pending: [{}, {}, {}] });
  expect(outbox.holding()).toEqual([]);
  say(outbox, "c");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reached.slice(3)).toEqual(["c", "a", "b", "correct a/first/1"]);
  expect(outbox.snapshot()).toEqual({ pending: [], refused: [], stuck: false });
});

test("a server that is catching up is asked again, and nothing is refused meanwhile", async () => {
  const { reached, failures, post } = server();
  const outbox = new Outbox("kim", post, told());
  failures.push(problem(503, "catching_up", 5));
  say(outbox, "a");
  say(outbox, "b");
  await outbox.flush();
  expect(reached).toEqual(["a"]);
  expect(outbox.snapshot()).toMatchObject({ refused: [], pending: [{}, {}] });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(reached).toEqual(["a", "a", "b"]);
});

test("what the server refuses is kept with its reason, its corrections fall away, the rest goes on", async () => {
  const { reached, failures, post } = server();
  failures.push(problem(409, "lease_lost"));
  const hears = told();
  const outbox = new Outbox("kim", post, hears);
  say(outbox, "a");
  correct(outbox, "a");
  say(outbox, "b");
  await outbox.flush();
  expect(reached).toEqual(["a", "b"]);
  const { refused } = outbox.snapshot();
  expect(refused).toMatchObject([
    { code: "lease_lost", detail: "because lease_lost", entry: { labelId: "a/first/1" } },
  ]);
  expect(hears.refused).toHaveBeenCalledOnce();
  expect(new Outbox("kim", post, told()).snapshot().refused).toHaveLength(1);
  if (refused[0]) outbox.dismiss(refused[0]);
  expect(outbox.snapshot().refused).toEqual([]);
});
