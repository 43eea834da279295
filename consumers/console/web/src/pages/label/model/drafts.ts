import { backoff } from "@/api/eventStream";
import { isPassing, ProblemError } from "@/api/problem";
import type { Box, LabelOutcome } from "@/api/types";
import { Kept } from "./kept";

export interface DraftContent {
  outcome: LabelOutcome | null;
  label: string | null;
  boxes: Box[];
  note: string;
}

/** Only what a draft says, without what this machine notes about it. */
export const contentOf = ({ outcome, label, boxes, note }: DraftContent): DraftContent => ({
  outcome,
  label,
  boxes,
  note,
});

interface LocalDraft extends DraftContent {
  fencing_token: number;
  saved_at: number;
}

export type PutDraft = (body: DraftContent & { task_id: string; fencing_token: number }) => Promise<unknown>;

/** Edits come in bursts: a drag is one. */
const PAUSE_MS = 400;
const FORGET_MS = 7 * 24 * 3_600_000;

/**
 * What was drawn and not submitted yet. Each edit is in the browser's storage at once and at the server soon after; it
 * leaves the storage when the server has it, so what is found here is what the server lacks. What was saved stays in
 * memory too: the copy that came with a task is as old as its claim.
 */
export class Drafts {
  private readonly kept: Kept<LocalDraft>;
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly attempts = new Map<string, number>();
  private readonly saved = new Map<string, { content: DraftContent; at: number }>();
  /** Tasks whose drafts wait for the person to come back; null while they are here. */
  private stopped: Set<string> | null = null;

  constructor(
    person: string,
    private readonly put: PutDraft,
    storage: Storage = localStorage,
  ) {
    this.kept = new Kept(`linewatch.draft.${person}/`, storage);
    for (const name of this.kept.names()) {
      const draft = this.kept.get(name);
      if (!draft || Date.now() - draft.saved_at > FORGET_MS) this.kept.remove(name);
    }
  }

  save(taskId: string, fencingToken: number, content: DraftContent): void {
    this.kept.set(taskId, { ...content, fencing_token: fencingToken, saved_at: Date.now() });
    this.attempts.delete(taskId);
    this.soon(taskId, PAUSE_MS);
  }

  /** Keep words for when the task comes back; the server is not told, as the lease is gone. */
  keep(taskId: string, content: DraftContent): void {
    this.kept.set(taskId, { ...content, fencing_token: 0, saved_at: Date.now() });
  }

  /** What the server does not have yet of a task, or null. */
  get(taskId: string): DraftContent | null {
    const kept = this.kept.get(taskId);
    return kept && contentOf(kept);
  }

  /** What was drawn last in this window, whether the server has it or not; null when nothing was. */
  latest(taskId: string): DraftContent | null {
    return this.get(taskId) ?? this.saved.get(taskId)?.content ?? null;
  }

  /** A task came by a claim asked for at `askedAt`, in ms: its draft is newer than what was saved from here before. */
  cameAnew(taskId: string, askedAt: number): void {
    const saved = this.saved.get(taskId);
    if (saved && saved.at < askedAt) this.saved.delete(taskId);
  }

  /** The task was answered: its draft is of no more use. */
  forget(taskId: string): void {
    clearTimeout(this.timers.get(taskId));
    this.timers.delete(taskId);
    this.stopped?.delete(taskId);
    this.saved.delete(taskId);
    this.kept.remove(taskId);
  }

  /** Send what waits at once. */
  async flush(): Promise<void> {
    await Promise.all([...this.timers.keys()].map((taskId) => this.send(taskId)));
  }

  /** Send nothing from now on: another person may sit here. */
  stop(): void {
    this.stopped ??= new Set();
    for (const taskId of [...this.timers.keys()]) this.soon(taskId, 0);
  }

  /** The person is here again: what waits goes out. */
  resume(): void {
    const waiting = this.stopped ?? [];
    this.stopped = null;
    for (const taskId of waiting) this.soon(taskId, PAUSE_MS);
  }

  private soon(taskId: string, ms: number): void {
    clearTimeout(this.timers.get(taskId));
    if (this.stopped) {
      this.timers.delete(taskId);
      this.stopped.add(taskId);
      return;
    }
    this.timers.set(
      taskId,
      setTimeout(() => void this.send(taskId), ms),
    );
  }

  private async send(taskId: string): Promise<void> {
    clearTimeout(this.timers.get(taskId));
    this.timers.delete(taskId);
    const draft = this.kept.get(taskId);
    if (!draft) return;
    const { saved_at: savedAt, ...content } = draft;
    try {
      await this.put({ task_id: taskId, ...content });
      if (this.kept.get(taskId)?.saved_at !== savedAt) return;
      this.saved.set(taskId, { content: contentOf(draft), at: Date.now() });
      this.kept.remove(taskId);
    } catch (error) {
      // Refused: it stays here and comes back with the task. Not heard: again.
      if (!isPassing(error) && !(error instanceof ProblemError && error.status === 401)) return;
      const attempt = (this.attempts.get(taskId) ?? 0) + 1;
      this.attempts.set(taskId, attempt);
      if (!this.timers.has(taskId) && this.kept.get(taskId)) this.soon(taskId, backoff(attempt));
    }
  }
}
