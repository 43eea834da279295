import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OfflineError, ProblemError } from "@/api/problem";
import type { TaskView } from "@/api/types";
import { recent, task } from "@/test/labeling";
import { Drafts } from "./drafts";
import { Outbox } from "./outbox";
import { HELD, merged, recalled, REFILL, Station, type Answer, type LabelCalls } from "./station";
import { Turns } from "./turns";

const GOOD: Answer = {
  outcome: "labeled",
  label: "good",
  boxes: [],
  image_width: 10,
  image_height: 10,
  note: " ",
  seconds_taken: 1.5,
  prediction_shown: true,
};

/** A queue that gives own live leases first, then new tasks, as the console does. */
function plant(count: number) {
  const open = Array.from({ length: count }, (_, index) => task(`cam/${index}`));
  const leased: TaskView[] = [];
  const submitted: unknown[] = [];
  const corrected: unknown[] = [];
  const state = { away: false };
  const reach = <T>(value: T): Promise<T> =>
    state.away ? Promise.reject(new OfflineError(null)) : Promise.resolve(value);
  const calls: LabelCalls = {
    claim: vi.fn((_edge: string | null, wanted: number) => {
      if (state.away) return Promise.reject(new OfflineError(null));
      while (leased.length < wanted && open.length > 0) leased.push(open.shift() as TaskView);
      return Promise.resolve({ tasks: leased.slice(0, wanted) });
    }),
    renew: vi.fn(() => reach({ renewed: [], lost: [] as string[] })),
    release: vi.fn(() => reach(undefined)),
    recent: vi.fn(() => reach({ labels: [] })),
  };
  const post = {
    submit: vi.fn((body: { task_id: string }) => {
      if (state.away) return Promise.reject(new OfflineError(null));
      submitted.push(body);
      leased.splice(0, leased.length, ...leased.filter((one) => one.task_id !== body.task_id));
      return Promise.resolve({ label_id: `${body.task_id}/1`, version: 1 });
    }),
    correct: vi.fn((body: unknown) => {
      corrected.push(body);
      return reach({ label_id: "x", version: 2 });
    }),
  };
  const outbox = new Outbox("kim", post, { delivered: () => undefined, refused: () => undefined });
  const drafts = new Drafts("kim", () => reach(undefined));
  return {
    calls,
    post,
    outbox,
    drafts,
    submitted,
    corrected,
    state,
    station: new Station(null, calls, outbox, drafts),
  };
}

const settle = () => vi.advanceTimersByTimeAsync(1);
const inHand = (station: Station) => station.snapshot().tasks.map((one) => one.frame_id);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("ten frames are leased, each answer goes on at once, and more are asked for when few are left", async () => {
  const { station, submitted, calls } = plant(30);
  const stop = station.start();
  await settle();
  expect(inHand(station)).toEqual(Array.from({ length: HELD }, (_, index) => `cam/${index}`));
  station.answer(GOOD);
  expect(inHand(station)[0]).toBe("cam/1");
  await settle();
  expect(submitted).toEqual([
    expect.objectContaining({
      task_id: "cam/0/first",
      fencing_token: 1,
      label: "good",
      note: null,
      prediction_shown: true,
    }),
  ]);
  while (inHand(station).length > REFILL + 1) station.answer(GOOD);
  expect(calls.claim).toHaveBeenCalledOnce();
  await settle();
  station.answer(GOOD);
  expect(calls.claim).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(inHand(station)[0]).toBe("cam/4");
  expect(inHand(station).length).toBeGreaterThan(REFILL);
  stop();
});

test("labels given in a hurry are each sent once, and none is asked again", async () => {
  const { station, submitted } = plant(30);
  const stop = station.start();
  await settle();
  const seen: string[] = [];
  for (let round = 0; round < 30; round += 1) {
    seen.push(inHand(station)[0] ?? "none");
    station.answer(GOOD);
    if (round % 3 === 2) await settle();
  }
  await vi.advanceTimersByTimeAsync(30_000);
  expect(new Set(seen).size).toBe(30);
  expect(submitted).toHaveLength(30);
  stop();
});

test("a lost line: the frames in hand are labeled, then all is sent and the queue goes on", async () => {
  const { station, submitted, state, outbox } = plant(14);
  const stop = station.start();
  await settle();
  state.away = true;
  for (let round = 0; round < HELD; round += 1) station.answer(GOOD);
  await settle();
  expect(inHand(station)).toEqual([]);
  expect(outbox.snapshot().pending).toHaveLength(HELD);
  expect(station.snapshot().error).toBeInstanceOf(OfflineError);
  state.away = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(submitted.map((body) => (body as { task_id: string }).task_id)).toEqual(
    Array.from({ length: HELD }, (_, n) => `cam/${n}/first`),
  );
  expect(inHand(station)).toEqual(["cam/10", "cam/11", "cam/12", "cam/13"]);
  stop();
});

test("back through the last ten; a correction goes out under the label's own id", async () => {
  const { station, corrected } = plant(15);
  const stop = station.start();
  await settle();
  for (let round = 0; round < 12; round += 1) {
    station.answer(GOOD);
    await settle();
  }
  for (let round = 0; round < 10; round += 1) expect(station.back()).toBe(true);
  expect(station.back()).toBe(false);
  expect(station.shown()?.frame_id).toBe("cam/2");
  station.forward();
  expect(station.shown()?.frame_id).toBe("cam/3");
  station.answer({ ...GOOD, label: "scratch" });
  await settle();
  expect(corrected).toEqual([expect.objectContaining({ label_id: "cam/3/first/1", label: "scratch" })]);
  expect(station.shown()?.frame_id).toBe("cam/12");
  station.back();
  expect(station.snapshot().past.find((one) => one.label_id === "cam/3/first/1")?.label).toBe("scratch");
  expect(station.snapshot().past).toHaveLength(10);
  stop();
});

test("unsure and skipped go without a class", async () => {
  const { station, submitted } = plant(3);
  const stop = station.start();
  await settle();
  station.answer({ ...GOOD, outcome: "unsure" });
  await settle();
  expect(submitted).toEqual([expect.objectContaining({ outcome: "unsure", label: null })]);
  stop();
});

test("a lease that is lost behind the hand is dropped, in the hand it is told", async () => {
  const { station, calls } = plant(4);
  vi.mocked(calls.renew).mockResolvedValueOnce({ renewed: [], lost: ["cam/0/first", "cam/2/first"] });
  const stop = station.start();
  await settle();
  vi.mocked(calls.claim).mockResolvedValue({ tasks: [] });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(inHand(station)).not.toContain("cam/2");
  expect(inHand(station)[0]).toBe("cam/0");
  expect(station.snapshot().gone).toBe("lost");
  station.drop();
  expect(inHand(station)[0]).toBe("cam/1");
  expect(station.snapshot().gone).toBeNull();
  stop();
});

test("a task that is closed by somebody else goes, and the one in hand says so", async () => {
  const { station, calls } = plant(4);
  const stop = station.start();
  await settle();
  vi.mocked(calls.claim).mockResolvedValue({ tasks: [] });
  station.changed("cam/2/first", "closed");
  expect(inHand(station)).toEqual(["cam/0", "cam/1", "cam/3"]);
  expect(station.snapshot().gone).toBeNull();
  station.changed("cam/0/first", "closed");
  expect(inHand(station)[0]).toBe("cam/0");
  expect(station.snapshot().gone).toBe("closed");
  stop();
});

test("back is granted once the server has told the last labels", async () => {
  const { station, calls } = plant(4);
  vi.mocked(calls.recent).mockResolvedValueOnce({ labels: [recent("cam/9/first/1")] });
  const stop = station.start();
  expect(station.back()).toBe(true);
  expect(station.snapshot().looking).toBeNull();
  await settle();
  expect(station.snapshot().looking).toBe(0);
  stop();
});

test("a draft that the server lacks goes to it with the new lease", async () => {
  const { station, drafts } = plant(2);
  const content = { outcome: null, label: null, boxes: [], note: "x" };
  drafts.keep("cam/0/first", content);
  const stop = station.start();
  await settle();
  expect(drafts.get("cam/0/first")).toEqual(content);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(drafts.get("cam/0/first")).toBeNull();
  stop();
});

test("leaving gives everything back; closing the window keeps the frame in hand", async () => {
  const { station, calls } = plant(HELD);
  const stop = station.start();
  await settle();
  station.leave();
  expect(vi.mocked(calls.release).mock.lastCall?.[0]).toHaveLength(HELD - 1);
  expect(inHand(station)).toEqual(["cam/0"]);
  stop();
  expect(vi.mocked(calls.release).mock.lastCall?.[0]).toEqual([{ task_id: "cam/0/first", fencing_token: 1 }]);
});

test("while another window holds the same leases, nothing is given back", async () => {
  const { calls, outbox, drafts } = plant(HELD);
  const station = new Station(null, calls, outbox, drafts, new Turns(), () => false);
  const stop = station.start();
  await settle();
  station.leave();
  expect(inHand(station)).toHaveLength(HELD);
  stop();
  await settle();
  expect(calls.release).not.toHaveBeenCalled();
});

test("another queue is chosen while a claim is under way: what it brings goes back before the next claim", async () => {
  const { calls, outbox, drafts } = plant(3);
  const turns = new Turns();
  const log: string[] = [];
  let arrive = (): void => undefined;
  vi.mocked(calls.claim).mockImplementation((edge) => {
    log.push(`claim ${String(edge)}`);
    const got = { tasks: [task("cam/0"), task("cam/1")] };
    return edge === null ? new Promise((resolve) => (arrive = () => resolve(got))) : Promise.resolve(got);
  });
  vi.mocked(calls.release).mockImplementation((leases) => {
    log.push(`release ${leases.length}`);
    return Promise.resolve();
  });
  const all = new Station(null, calls, outbox, drafts, turns);
  const leave = all.start();
  await settle();
  leave();
  const one = new Station("press-1", calls, outbox, drafts, turns);
  const stop = one.start();
  await settle();
  expect(log).toEqual(["claim null"]);
  arrive();
  await settle();
  expect(log).toEqual(["claim null", "release 2", "claim press-1"]);
  expect(inHand(one)).toEqual(["cam/0", "cam/1"]);
  stop();
});

test("leases of answers that did not reach the server are kept, those it wrote down are not", async () => {
  const { station, calls, post } = plant(20);
  const stop = station.start();
  await settle();
  const away = (code: string) => new ProblemError({ status: 503, code, title: code, detail: code }, 300);
  post.submit.mockRejectedValueOnce(away("broker_away")).mockRejectedValueOnce(away("catching_up"));
  station.answer(GOOD);
  station.answer(GOOD);
  station.answer(GOOD);
  await vi.advanceTimersByTimeAsync(60_000);
  const renewed = vi.mocked(calls.renew).mock.lastCall?.[0].map((lease) => lease.task_id) ?? [];
  expect(renewed).not.toContain("cam/0/first");
  expect(renewed).toContain("cam/1/first");
  expect(renewed).toContain("cam/2/first");
  expect(renewed).toContain("cam/3/first");
  stop();
});

test("a saved draft is what a frame opens with again, whatever its claim said", async () => {
  const { station, calls, drafts } = plant(3);
  const stop = station.start();
  await settle();
  const drawn = { outcome: null, label: null, boxes: [], note: "three boxes" };
  station.save(drawn);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(drafts.get("cam/0/first")).toBeNull(); // the server has it
  expect(drafts.latest("cam/0/first")).toEqual(drawn);
  // The lid was closed: the lease ran out, and the claim brings the server's copy under another token.
  const copy = { ...drawn, note: "from the server", saved_at_us: 0 };
  const anew = task("cam/0", { lease: { fencing_token: 2, expires_at_us: 0 }, draft: copy });
  vi.mocked(calls.claim).mockResolvedValueOnce({ tasks: [anew] });
  station.look();
  await settle();
  expect(station.snapshot().tasks[0]).toMatchObject({ lease: { fencing_token: 2 }, draft: copy });
  expect(drafts.latest("cam/0/first")).toBeNull(); // the copy that came is newer
  stop();
});

test("tasks that come when nobody waits any more are given back", async () => {
  const { station, calls } = plant(HELD);
  const stop = station.start();
  station.look();
  stop();
  await settle();
  expect(inHand(station)).toEqual([]);
  expect(vi.mocked(calls.release).mock.lastCall?.[0]).toHaveLength(HELD);
});

test("an answer on its way keeps its lease when the page is left meanwhile", async () => {
  const { station, calls, state } = plant(2);
  const stop = station.start();
  await settle();
  const held = station.snapshot().tasks;
  vi.mocked(calls.claim).mockResolvedValueOnce({ tasks: [...held] });
  state.away = true;
  station.answer(GOOD); // asks for more at once
  state.away = false;
  stop();
  await settle();
  const released = vi.mocked(calls.release).mock.calls.flatMap(([leases]) => leases.map((lease) => lease.task_id));
  expect(released).not.toContain("cam/0/first");
  expect(released).toContain("cam/1/first");
});

test("a refused answer comes back to the hand as a draft", async () => {
  const { station, drafts, calls } = plant(9);
  const stop = station.start();
  await settle();
  const again = { ...task("cam/0"), lease: { fencing_token: 2, expires_at_us: 0 } };
  vi.mocked(calls.claim).mockResolvedValueOnce({ tasks: [task("cam/1"), again] });
  const entry = {
    name: "n",
    kind: "submit" as const,
    labelId: "cam/0/first/1",
    task: task("cam/0"),
    body: { ...GOOD, boxes: [], note: null, task_id: "cam/0/first", fencing_token: 1 },
  };
  station.answer(GOOD);
  await settle();
  expect(await station.takeBack({ entry, code: "lease_lost", detail: "" })).toBe(true);
  expect(inHand(station)[0]).toBe("cam/0");
  expect(drafts.get("cam/0/first")).toMatchObject({ label: "good" });
  stop();
});

test("merging keeps the order in hand, takes new leases and leaves out what was said", () => {
  const lease = { fencing_token: 1, expires_at_us: 99 };
  const result = merged([task("b"), task("a")], [task("a", { lease }), task("c"), task("d")], new Set(["c/first/1"]));
  expect(result.map((one) => one.frame_id)).toEqual(["b", "a", "d"]);
  expect(result[1]?.lease.expires_at_us).toBe(99);
});

test("a task that was opened again under its old id comes again, as its token is new", () => {
  const lease = { fencing_token: 2, expires_at_us: 0 };
  expect(merged([], [task("c", { lease })], new Set(["c/first/1"]))).toHaveLength(1);
});

test("recalled: one entry a label, mine before the server's, ten at most", () => {
  const server = Array.from({ length: 12 }, (_, index) => recent(`s/${index}`));
  const own = [recent("s/3", { label: "scratch" }), recent("o")];
  const result = recalled(own, [recent("s/3/v2"), ...server]);
  expect(result.map((one) => one.label_id).slice(0, 3)).toEqual(["s/3", "o", "s/0"]);
  expect(result[0]?.label).toBe("scratch");
  expect(result).toHaveLength(10);
});
