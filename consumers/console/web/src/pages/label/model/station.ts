import { backoff } from "@/api/eventStream";
import { ProblemError } from "@/api/problem";
import type { Box, LabelOutcome, RecentLabel, TaskView, TaskWithoutLease } from "@/api/types";
import { contentOf, type DraftContent, type Drafts } from "./drafts";
import type { Outbox, Refused } from "./outbox";
import { Turns } from "./turns";

/** The frame in hand and those behind it, so that quick keys don't outrun a claim and the images that follow it. */
export const HELD = 10;
/** Few enough are left that more are asked for. */
export const REFILL = 6;
const RECENT = 10;
const RENEW_MS = 60_000;
const LOOK_MS = 10_000;
/** The API gives at most so many at once. */
const MOST = 10;
const MOST_LEASES = 100;
/** What stays in hand when a task is fetched back; what the rest held is free for it. */
const STAYS = 4;

export interface Answer {
  outcome: LabelOutcome;
  label: string | null;
  boxes: readonly Box[];
  image_width: number;
  image_height: number;
  note: string;
  seconds_taken: number;
  prediction_shown: boolean;
}

export interface LeaseName {
  task_id: string;
  fencing_token: number;
}

export interface LabelCalls {
  claim: (edgeId: string | null, count: number) => Promise<{ tasks: TaskView[] }>;
  renew: (leases: LeaseName[]) => Promise<{ renewed: { task_id: string; expires_at_us: number }[]; lost: string[] }>;
  release: (leases: LeaseName[]) => Promise<unknown>;
  recent: () => Promise<{ labels: RecentLabel[] }>;
}

export interface StationState {
  /** The first is in hand. */
  tasks: readonly TaskView[];
  /** My last labels, newest first. */
  past: readonly RecentLabel[];
  /** Which of `past` is being corrected. */
  looking: number | null;
  asking: boolean;
  /** Whether the server has answered since the start: an empty hand then means an empty queue. */
  settled: boolean;
  error: Error | null;
  /** What became of the task in hand meanwhile: somebody else may have it, or it was closed. */
  gone: "lost" | "closed" | null;
}

export const labelIdOf = (task: TaskView): string => `${task.task_id}/${task.lease.fencing_token}`;
const originalId = (labelId: string): string => labelId.replace(/\/v\d+$/, "");
const leaseOf = (task: TaskView): LeaseName => ({
  task_id: task.task_id,
  fencing_token: task.lease.fencing_token,
});

/**
 * Those in hand stay in their order, with the lease and the draft that the claim told; new ones come behind; what was
 * said is not asked again.
 */
export function merged(
  held: readonly TaskView[],
  claimed: readonly TaskView[],
  spoken: ReadonlySet<string>,
): TaskView[] {
  const fresh = new Map(claimed.map((task) => [task.task_id, task]));
  const kept = held.map((task) => {
    const anew = fresh.get(task.task_id);
    return anew ? { ...task, lease: anew.lease, draft: anew.draft } : task;
  });
  const known = new Set(held.map((task) => task.task_id));
  return [...kept, ...claimed.filter((task) => !known.has(task.task_id) && !spoken.has(labelIdOf(task)))];
}

/** Server's and own view of what I said last, newest first, each label once, at most ten. */
export function recalled(own: readonly RecentLabel[], server: readonly RecentLabel[]): RecentLabel[] {
  const seen = new Set<string>();
  return [...own, ...server]
    .map((label) => ({ ...label, label_id: originalId(label.label_id) }))
    .filter(({ label_id: id }) => !seen.has(id) && seen.add(id))
    .slice(0, RECENT);
}

/**
 * One person at one queue: keeps tasks leased ahead, hands decisions to the outbox, and goes on at once.
 *
 * Nothing here waits for the network before the next frame shows.
 */
export class Station {
  private readonly watchers = new Set<() => void>();
  private readonly spoken = new Set<string>();
  private readonly own: RecentLabel[] = [];
  private state: StationState = {
    tasks: [],
    past: [],
    looking: null,
    asking: false,
    settled: false,
    error: null,
    gone: null,
  };
  private timers: ReturnType<typeof setInterval>[] = [];
  private retry: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private running = false;
  private recalled = false;
  private backWished = false;

  constructor(
    private readonly edgeId: string | null,
    private readonly calls: LabelCalls,
    private readonly outbox: Outbox,
    private readonly drafts: Drafts,
    /** In which claims and releases follow each other, this station's and those of the same person's others. */
    private readonly turns = new Turns(),
    /** Whether no other window holds the same leases. */
    private readonly alone: () => boolean = () => true,
  ) {}

  readonly snapshot = (): StationState => this.state;

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  start(): () => void {
    this.running = true;
    this.outbox.snapshot().pending.forEach((entry) => this.spoken.add(entry.labelId));
    // What waited since the last visit goes first: its leases are still in the claim's way.
    void this.outbox.flush().finally(() => this.look());
    void this.recall();
    this.timers = [setInterval(() => void this.renew(), RENEW_MS), setInterval(() => this.look(), LOOK_MS)];
    return () => {
      this.running = false;
      this.timers.forEach(clearInterval);
      clearTimeout(this.retry);
      const { tasks } = this.state;
      void this.turns.take(() => this.giveBack(tasks));
      this.become({ tasks: [], asking: false, settled: false });
    };
  }

  /** Give back what is not in hand: the window closes, and a window that opens again finds its own frame. */
  leave(): void {
    const [hand, ...behind] = this.state.tasks;
    // At once, out of turn: the window waits for nothing.
    void this.giveBack(behind);
    // Should the browser show this very window again, it asks anew for what it gave back.
    if (hand && this.alone()) this.become({ tasks: [hand] });
    void this.drafts.flush();
  }

  /** What is on the screen: a past label being corrected, else the task in hand. */
  shown(): TaskWithoutLease | null {
    const { looking, past, tasks } = this.state;
    return (looking === null ? tasks[0] : past[looking]?.task) ?? null;
  }

  answer(answer: Answer): void {
    if (this.state.looking !== null) this.correct(this.state.looking, answer);
    else this.submit(answer);
  }

  /** One label further back among the last ten. */
  back(): boolean {
    if (!this.recalled && this.state.past.length === 0) {
      // The server is still being asked: the wish is granted when it has answered.
      this.backWished = true;
      return true;
    }
    const next = this.state.looking === null ? 0 : this.state.looking + 1;
    if (next >= this.state.past.length) return false;
    this.become({ looking: next });
    return true;
  }

  /** One label towards now; from the newest to the task in hand. */
  forward(): void {
    const { looking } = this.state;
    this.become({ looking: looking === null || looking === 0 ? null : looking - 1 });
  }

  present(): void {
    this.become({ looking: null });
  }

  /** Put the frame in hand aside because somebody else has it. */
  drop(): void {
    this.become({ tasks: this.state.tasks.slice(1), gone: null });
    this.look();
  }

  /**
   * Bring a task back to the hand whose answer was refused, with that answer as its draft.
   *
   * @returns whether it could be had; if not, the draft waits for it.
   */
  async takeBack(refused: Refused): Promise<boolean> {
    const { body, task, labelId } = refused.entry;
    this.drafts.keep(task.task_id, {
      outcome: body.outcome,
      label: body.label,
      boxes: body.boxes,
      note: body.note ?? "",
    });
    this.spoken.delete(labelId);
    const { tasks } = await this.turns.take(async () => {
      const spare = this.alone() ? this.state.tasks.slice(STAYS) : [];
      this.become({ tasks: this.state.tasks.filter((one) => !spare.includes(one)) });
      await this.giveBack(spare);
      return this.calls.claim(task.edge_id, MOST);
    });
    const all = merged(this.state.tasks, tasks, this.spoken);
    const back = all.find((one) => one.task_id === task.task_id);
    const others = all.filter((one) => one !== back);
    this.become({ tasks: back ? [back, ...others] : others, looking: null });
    return back !== undefined;
  }

  save(content: DraftContent): void {
    const task = this.state.tasks[0];
    if (task && this.state.looking === null) this.drafts.save(task.task_id, task.lease.fencing_token, content);
  }

  /** A task was opened, reopened or closed, by whomever. */
  changed(taskId: string, state: string): void {
    if (state === "closed") this.without([taskId], "closed");
    else this.look();
  }

  /** Ask for tasks when few are left. */
  look(): void {
    if (!this.running || this.state.asking || this.state.tasks.length > REFILL) return;
    clearTimeout(this.retry);
    this.become({ asking: true });
    void this.turns.take(() => (this.running ? this.claim() : Promise.resolve()));
  }

  private async claim(): Promise<void> {
    const askedAt = Date.now();
    try {
      const { tasks } = await this.calls.claim(this.edgeId, Math.min(MOST, HELD + this.outbox.holding().length));
      if (this.running) this.claimed(tasks, askedAt);
      // In the same turn, before the next station's claim. Not what was said: without its lease it would be refused.
      else await this.giveBack(tasks.filter((task) => !this.spoken.has(labelIdOf(task))));
    } catch (error) {
      this.unclaimed(error);
    }
  }

  private claimed(tasks: TaskView[], askedAt: number): void {
    this.attempt = 0;
    for (const task of tasks) {
      this.drafts.cameAnew(task.task_id, askedAt);
      // What the server lacks of a draft, as of a window that was closed in a hurry, goes to it under the new lease.
      const draft = this.drafts.get(task.task_id);
      if (draft) this.drafts.save(task.task_id, task.lease.fencing_token, contentOf(draft));
    }
    this.become({ tasks: merged(this.state.tasks, tasks, this.spoken), asking: false, settled: true, error: null });
  }

  private unclaimed(error: unknown): void {
    if (!this.running) return;
    this.attempt += 1;
    this.become({ asking: false, error: error instanceof Error ? error : new Error(String(error)) });
    const asked = error instanceof ProblemError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.look(), Math.max(asked, backoff(this.attempt)));
  }

  private submit(answer: Answer): void {
    const task = this.state.tasks[0];
    if (!task) return;
    const labelId = labelIdOf(task);
    this.spoken.add(labelId);
    this.drafts.forget(task.task_id);
    this.remember({
      ...answer,
      label_id: labelId,
      task,
      boxes: [...answer.boxes],
      labeled_at_us: Date.now() * 1000,
      version: 1,
    });
    this.become({ tasks: this.state.tasks.slice(1), gone: null });
    const body = { ...leaseOf(task), ...bodyOf(answer), prediction_shown: answer.prediction_shown };
    this.outbox.add({ kind: "submit", labelId, task, body });
    this.look();
  }

  private correct(index: number, answer: Answer): void {
    const label = this.state.past[index];
    if (!label) return;
    this.remember({
      ...label,
      outcome: answer.outcome,
      label: answer.label,
      boxes: [...answer.boxes],
      note: answer.note,
    });
    this.become({ looking: null });
    this.outbox.add({
      kind: "correct",
      labelId: label.label_id,
      task: label.task,
      body: { label_id: label.label_id, ...bodyOf(answer) },
    });
  }

  private remember(label: RecentLabel): void {
    const at = this.own.findIndex((one) => one.label_id === label.label_id);
    if (at >= 0) this.own[at] = label;
    else this.own.unshift(label);
    this.own.splice(RECENT);
    const past = this.state.past.map((one) => (one.label_id === label.label_id ? label : one));
    this.become({ past: past.some((one) => one === label) ? past : recalled([label], past) });
  }

  private async recall(): Promise<void> {
    try {
      const { labels } = await this.calls.recent();
      this.become({ past: recalled(this.own, labels) });
    } catch (error) {
      console.debug("the last labels can't be had now", error);
    }
    this.recalled = true;
    if (this.backWished) this.back();
    this.backWished = false;
  }

  private async renew(): Promise<void> {
    // Those said and not yet at the server too: with its lease gone, an answer is refused.
    const said = this.outbox.holding().map(({ task_id, fencing_token }) => ({ task_id, fencing_token }));
    const leases = [...this.state.tasks.map(leaseOf), ...said].slice(0, MOST_LEASES);
    if (leases.length === 0) return;
    try {
      const { lost } = await this.calls.renew(leases);
      this.without(lost, "lost");
    } catch (error) {
      console.debug("leases could not be renewed; the next beat tries again", error);
    }
  }

  /** Take tasks out of the hand's reach; the one in hand stays, as somebody is at it, with a word of what happened. */
  private without(taskIds: readonly string[], why: "lost" | "closed"): void {
    const [hand, ...behind] = this.state.tasks;
    if (taskIds.length === 0 || !hand) return;
    const kept = behind.filter((task) => !taskIds.includes(task.task_id));
    const gone = taskIds.includes(hand.task_id) ? why : this.state.gone;
    this.become({ tasks: [hand, ...kept], gone });
    this.look();
  }

  private async giveBack(tasks: readonly TaskView[]): Promise<void> {
    if (tasks.length === 0 || !this.alone()) return;
    try {
      await this.calls.release(tasks.map(leaseOf));
    } catch (error) {
      console.debug("tasks could not be given back; their leases run out", error);
    }
  }

  private become(change: Partial<StationState>): void {
    this.state = { ...this.state, ...change };
    this.watchers.forEach((watcher) => watcher());
  }
}

function bodyOf(answer: Answer) {
  return {
    outcome: answer.outcome,
    label: answer.outcome === "labeled" ? answer.label : null,
    boxes: answer.boxes.map(({ label, x, y, w, h }) => ({ label, x, y, w, h })),
    image_width: answer.image_width,
    image_height: answer.image_height,
    note: answer.note.trim() === "" ? null : answer.note.trim(),
    seconds_taken: answer.seconds_taken,
  };
}
