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

  constructor(
    person: string,
    private readonly post: Post,
    private readonly told: {
      delivered: (entry: Outgoing, receipt: LabelReceipt) => void;
      refused: (refused: Refused) => void;
    },
    storage: Storage = localStorage,
  ) {
    this.waiting = new Kept(`linewatch.outbox.${person}/`, storage);
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

  /** Send what waits, now; one sending at a time, however often it is asked for. */
  flush(): Promise<void> {
    clearTimeout(this.retry);
    this.sending ??= this.sendAll().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  dismiss(refused: Refused): void {
    this.no.remove(refused.entry.name);
    this.changed(this.state.stuck);
  }

  stop(): void {
    clearTimeout(this.retry);
  }

  private async sendAll(): Promise<void> {
    for (;;) {
      const name = this.waiting.names()[0];
      const entry = name === undefined ? null : this.waiting.get(name);
      if (name === undefined || !entry) break;
      if (!(await this.sendOne(entry))) return;
    }
    this.changed(false);
  }

  private async sendOne(entry: Outgoing): Promise<boolean> {
    try {
      const receipt = await (entry.kind === "submit" ? this.post.submit(entry.body) : this.post.correct(entry.body));
      this.attempt = 0;
      this.waiting.remove(entry.name);
      this.changed(false);
      this.told.delivered(entry, receipt);
      return true;
    } catch (error) {
      // Signed out is passing too: after signing in again it goes on.
      if (isPassing(error) || (error instanceof ProblemError && error.status === 401)) {
        this.later(error);
        return false;
      }
      this.refuse(entry, error);
      return true;
    }
  }

  private later(error: unknown): void {
    this.attempt += 1;
    const asked = error instanceof ProblemError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.flush(), Math.max(asked, backoff(this.attempt)));
    this.changed(true);
  }

  private refuse(entry: Outgoing, error: unknown): void {
    const problem = error instanceof ProblemError ? error : null;
    const refused: Refused = {
      entry,
      code: problem?.code ?? "unknown",
      detail: problem?.message ?? String(error),
    };
    this.waiting.remove(entry.name);
    // A correction of what was refused has nothing to correct.
    if (entry.kind === "submit") {
      this.read(false)
        .pending.filter((other) => other.labelId === entry.labelId)
        .forEach((other) => this.waiting.remove(other.name));
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
