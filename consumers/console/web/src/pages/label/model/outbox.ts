import { backoff } from "@/api/eventStream";
import { isPassing, ProblemError } from "@/api/problem";
import type { LabelCorrection, LabelReceipt, LabelSubmit, TaskWithoutLease } from "@/api/types";
import { Kept } from "./kept";

export type Outgoing = { name: string; labelId: string; task: TaskWithoutLease } & (
  { kind: "submit"; body: LabelSubmit } | { kind: "correct"; body: LabelCorrection }
);

export interface Refused {
  entry: Outgoing;
  code: string;
  detail: string;
}

export interface OutboxState {
  pending: readonly Outgoing[];
  refused: readonly Refused[];
  /** Whether the last try found nobody, so that what is pending waits for the line. */
  stuck: boolean;
}

export interface Post {
  submit: (body: LabelSubmit) => Promise<LabelReceipt>;
  correct: (body: LabelCorrection) => Promise<LabelReceipt>;
}

type Unnamed<T> = T extends unknown ? Omit<T, "name"> : never;

/** What became of one try: the server said yes or no, wrote it down without Kafka, or it is to be tried again. */
interface Tried {
  got: "answer" | "written" | "nothing";
  error: unknown;
}

const waitingOf = (person: string, storage: Storage) => new Kept<Outgoing>(`linewatch.outbox.${person}/`, storage);

/** How many decisions of a person wait on this machine for the server. */
export const unsent = (person: string, storage: Storage = localStorage): number =>
  waitingOf(person, storage).names().length;

/**
 * Decisions on their way to the server. Each is written to the browser's storage before anything else happens and leaves
 * it when the server has said yes or no, so a lost line, a killed server and a closed window lose none. Order is kept; a
 * retry carries the same token, so the server knows it again and none counts twice.
 */
export class Outbox {
  private readonly waiting: Kept<Outgoing>;
  private readonly no: Kept<Refused>;
  private readonly watchers = new Set<() => void>();
  private state: OutboxState;
  private sending: Promise<void> | null = null;
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private last = 0;
  private stopped = false;
  /** Names of those that the server has written down and sends by itself once Kafka is back. */
  private readonly written = new Set<string>();

  constructor(
    person: string,
    private readonly post: Post,
    private readonly told: {
      delivered: (entry: Outgoing, receipt: LabelReceipt) => void;
      refused: (refused: Refused) => void;
    },
    storage: Storage = localStorage,
  ) {
    this.waiting = waitingOf(person, storage);
    this.no = new Kept(`linewatch.refused.${person}/`, storage);
    this.state = this.read(false);
  }

  readonly snapshot = (): OutboxState => this.state;

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  add(entry: Unnamed<Outgoing>): void {
    // Names sort by age; two in one millisecond keep their order.
    this.last = Math.max(Date.now(), this.last + 1);
    const name = `${String(this.last).padStart(16, "0")}-${entry.labelId}`;
    this.waiting.set(name, { ...entry, name });
    this.changed(this.state.stuck);
    void this.flush();
  }

  /** Send what waits, now; one sending at a time, however often it is asked for. Nothing while stopped. */
  flush(): Promise<void> {
    clearTimeout(this.retry);
    if (this.stopped) return Promise.resolve();
    this.sending ??= this.sendAll().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  /** The decisions whose leases are still needed: the server has not written them down. */
  holding(): LabelSubmit[] {
    return this.state.pending.flatMap((entry) =>
      entry.kind === "submit" && !this.written.has(entry.name) ? [entry.body] : [],
    );
  }

  dismiss(refused: Refused): void {
    this.no.remove(refused.entry.name);
    this.changed(this.state.stuck);
  }

  /** Send nothing from now on, whatever is asked or under way: another person may sit here. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
  }

  /** The person is here again: what waits goes out. */
  resume(): void {
    if (!this.stopped) return;
    this.stopped = false;
    void this.flush();
  }

  private async sendAll(): Promise<void> {
    const tried = new Set<string>();
    let failure: unknown = null;
    while (!this.stopped) {
      const left = this.waiting.names().filter((one) => !tried.has(one));
      // What the server has is in no hurry: those go first that would be lost with this machine.
      const name = left.find((one) => !this.written.has(one)) ?? left[0];
      if (name === undefined) break;
      const entry = this.waiting.get(name);
      tried.add(name);
      if (!entry) continue;
      const { got, error } = await this.sendOne(entry);
      failure = error ?? failure;
      // Kafka is away, yet the server wrote it down: what comes behind can be written down there as well.
      if (got === "nothing") break;
    }
    if (failure) this.later(failure);
    else this.changed(false);
  }

  private async sendOne(entry: Outgoing): Promise<Tried> {
    try {
      const receipt = await (entry.kind === "submit" ? this.post.submit(entry.body) : this.post.correct(entry.body));
      this.attempt = 0;
      this.gone(entry.name);
      this.changed(false);
      this.told.delivered(entry, receipt);
      return { got: "answer", error: null };
    } catch (error) {
      if (error instanceof ProblemError && error.code === "broker_away") {
        this.written.add(entry.name);
        this.changed(true);
        return { got: "written", error };
      }
      // Signed out is passing too: after signing in again it goes on.
      if (isPassing(error) || (error instanceof ProblemError && error.status === 401)) return { got: "nothing", error };
      this.refuse(entry, error);
      return { got: "answer", error: null };
    }
  }

  private gone(name: string): void {
    this.waiting.remove(name);
    this.written.delete(name);
  }

  private later(error: unknown): void {
    this.attempt += 1;
    const asked = error instanceof ProblemError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    clearTimeout(this.retry);
    if (!this.stopped) this.retry = setTimeout(() => void this.flush(), Math.max(asked, backoff(this.attempt)));
    this.changed(true);
  }

  private refuse(entry: Outgoing, error: unknown): void {
    const problem = error instanceof ProblemError ? error : null;
    const refused: Refused = {
      entry,
      code: problem?.code ?? "unknown",
      detail: problem?.message ?? String(error),
    };
    this.gone(entry.name);
    // A correction of what was refused has nothing to correct.
    if (entry.kind === "submit") {
      this.read(false)
        .pending.filter((other) => other.labelId === entry.labelId)
        .forEach((other) => this.gone(other.name));
    }
    this.no.set(entry.name, refused);
    this.changed(false);
    this.told.refused(refused);
  }

  private read(stuck: boolean): OutboxState {
    const all = <T>(kept: Kept<T>): T[] =>
      kept
        .names()
        .map((name) => kept.get(name))
        .filter((one) => one !== null);
    return { pending: all(this.waiting), refused: all(this.no), stuck };
  }

  private changed(stuck: boolean): void {
    this.state = this.read(stuck);
    this.watchers.forEach((watcher) => watcher());
  }
}
