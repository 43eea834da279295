/** A window that was silent for so long is gone; timers of a hidden one run once a minute. */
const SILENT_MS = 200_000;
const BEAT_MS = 60_000;

interface Word {
  from: string;
  says: "who" | "here" | "gone";
}

/**
 * The other windows of this browser in which the same person labels. They hold the same leases, so one that closes must
 * not give them back. Not by the browser's locks: those are missing where the console is served without TLS.
 */
export class Windows {
  // Not randomUUID, which is missing without TLS too.
  private readonly me = Math.random().toString(36).slice(2);
  private readonly others = new Map<string, number>();
  private channel: BroadcastChannel | null = null;
  private beat: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly person: string) {}

  /** Tell the others that a person labels here, and hear of theirs; returns what ends it. */
  open(): () => void {
    const channel = new BroadcastChannel(`linewatch.label.${this.person}`);
    this.channel = channel;
    channel.onmessage = ({ data }: MessageEvent<Word>) => this.heard(data);
    this.say("who");
    this.beat = setInterval(() => this.say("here"), BEAT_MS);
    return () => {
      clearInterval(this.beat);
      this.leave();
      this.channel = null;
      channel.close();
    };
  }

  /** This window goes. */
  leave(): void {
    this.say("gone");
  }

  /** Whether no other window has been heard of lately. */
  readonly alone = (): boolean => ![...this.others.values()].some((at) => Date.now() - at < SILENT_MS);

  private heard({ from, says }: Word): void {
    if (says === "gone") this.others.delete(from);
    else this.others.set(from, Date.now());
    if (says === "who") this.say("here");
  }

  private say(says: Word["says"]): void {
    this.channel?.postMessage({ from: this.me, says } satisfies Word);
  }
}
