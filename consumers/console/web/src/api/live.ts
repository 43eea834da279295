import { BACKGROUND, onAnswer, tellSignedOut, withQuery } from "./client";
import { backoff, EventParser, type ServerEvent } from "./eventStream";

export type EventKind = "inspection" | "task" | "edge" | "alarm" | "build" | "dataset" | "dropped";
export type LineState = { state: "connecting" | "live"; since: number } | { state: "lost"; since: number };

type Handler = (data: unknown) => void;

/** The server pings every 10 s; after so long without a byte the line is dead, whatever the socket says. */
const SILENCE_MS = 25_000;
/** Answered requests hurry a lost line no more often than this. */
const HASTE_MS = 1_000;
/** A browser has six connections to a server: a window that nobody sees gives its own back after so long. */
const HIDDEN_MS = 5_000;
/** A short break is nobody's business: the banner comes after so long. */
export const PATIENCE_MS = 2_000;

/**
 * The page's one line of events: a single connection whatever the number of subscribers, opened again by itself.
 *
 * `state` says since when it stands as it stands; failing requests count too, so a dead server shows at once.
 */
export class LiveLine {
  private readonly handlers = new Map<EventKind, Set<Handler>>();
  private readonly watchers = new Set<() => void>();
  private current: LineState = { state: "connecting", since: Date.now() };
  private abort: AbortController | null = null;
  private attempt = 0;
  private tried = 0;
  private lastByte = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setInterval> | undefined;
  private running = false;
  private resting = false;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private open = "";
  private edge: string | null = null;

  readonly snapshot = (): LineState => this.current;

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  start(): () => void {
    this.running = true;
    this.resting = document.visibilityState === "hidden";
    this.connect();
    const turn = () => this.turned(document.visibilityState === "hidden");
    document.addEventListener("visibilitychange", turn);
    this.watchdog = setInterval(() => this.checkSilence(), 5_000);
    const unhear = onAnswer((answered) => this.heard(answered));
    const online = () => this.retryNow();
    window.addEventListener("online", online);
    return () => {
      this.running = false;
      unhear();
      window.removeEventListener("online", online);
      document.removeEventListener("visibilitychange", turn);
      clearTimeout(this.rest);
      clearInterval(this.watchdog);
      clearTimeout(this.retry);
      this.abort?.abort();
      this.open = "";
    };
  }

  subscribe(kind: EventKind, handler: Handler): () => void {
    const handlers = this.handlers.get(kind) ?? new Set<Handler>();
    this.handlers.set(kind, handlers.add(handler));
    this.reconnectIfChanged();
    return () => {
      handlers.delete(handler);
      this.reconnectIfChanged();
    };
  }

  /** Hear only of one edge from now on; null is all. */
  follow(edge: string | null): void {
    this.edge = edge;
    this.reconnectIfChanged();
  }

  retryNow(): void {
    if (!this.running || this.current.state === "live") return;
    this.attempt = 0;
    this.connect();
  }

  private address(): string {
    const kinds = [...this.handlers].filter(([, handlers]) => handlers.size > 0).map(([kind]) => kind);
    // Alarms are always wanted: the top bar shows them, and the line must be open to tell when it breaks.
    const wanted = [...new Set<EventKind>(["alarm", ...kinds])].filter((kind) => kind !== "dropped").sort();
    return withQuery("/api/events", { kinds: wanted.join(","), edge_id: this.edge });
  }

  private reconnectIfChanged(): void {
    // Pages subscribe and leave in one go: look once they are done.
    queueMicrotask(() => {
      if (this.running && this.open !== this.address()) this.connect();
    });
  }

  /** The window was hidden, or is seen again: what was missed is then asked for, as after any break. */
  private turned(hidden: boolean): void {
    clearTimeout(this.rest);
    if (hidden) {
      this.rest = setTimeout(() => {
        this.resting = true;
        clearTimeout(this.retry);
        this.abort?.abort();
        this.become("connecting");
      }, HIDDEN_MS);
    } else if (this.resting) {
      this.resting = false;
      this.attempt = 0;
      this.connect();
    }
  }

  private connect(): void {
    clearTimeout(this.retry);
    if (this.resting) return;
    this.tried = Date.now();
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    this.open = this.address();
    this.read(this.open, abort.signal).catch((error: unknown) => {
      if (!abort.signal.aborted) this.broke(error);
    });
  }

  private async read(address: string, signal: AbortSignal): Promise<void> {
    const response = await fetch(address, { headers: { Accept: "text/event-stream", ...BACKGROUND }, signal });
    if (response.status === 401) tellSignedOut();
    if (!response.ok || !response.body) throw new Error(`events: HTTP ${response.status}`);
    this.attempt = 0;
    this.lastByte = Date.now();
    this.become("live");
    // What happened between two lines nobody told: who keeps a list of events asks for it.
    this.handlers.get("dropped")?.forEach((handler) => handler({ count: 0 }));
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("events: the server ended the line");
      this.lastByte = Date.now();
      parser.push(value).forEach((event) => this.deliver(event));
    }
  }

  private deliver(event: ServerEvent): void {
    const handlers = this.handlers.get(event.event as EventKind);
    if (!handlers || handlers.size === 0) return;
    const data: unknown = JSON.parse(event.data);
    handlers.forEach((handler) => handler(data));
  }

  private broke(reason: unknown): void {
    console.debug("live line broke", reason);
    this.become("lost");
    this.attempt += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), backoff(this.attempt));
  }

  private heard(answered: boolean): void {
    if (!answered && this.current.state === "live") {
      this.abort?.abort();
      this.broke(new Error("a request found nobody"));
    } else if (answered && this.current.state === "lost" && Date.now() - this.tried > HASTE_MS) {
      // Somebody answers again: no need to wait for the next try.
      this.connect();
    }
  }

  private checkSilence(): void {
    if (this.current.state !== "live" || Date.now() - this.lastByte < SILENCE_MS) return;
    this.abort?.abort();
    this.broke(new Error("no sign of life"));
  }

  private become(state: LineState["state"]): void {
    if (this.current.state === state) return;
    // Trying again is still being lost: the banner's time is that of the break.
    this.current = { state, since: state === "lost" && this.lastByte > 0 ? this.lastByte : Date.now() };
    this.watchers.forEach((watcher) => watcher());
  }
}

export const live = new LiveLine();
