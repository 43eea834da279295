import { causedBy } from "@/api/client";
import { isPassing, OfflineError, problemOf } from "@/api/problem";

/** An image on its way to the screen. */
export interface Picture {
  url: string;
  bitmap: ImageBitmap | null;
  error: Error | null;
}

/** A failed image is asked for again by itself: its topic may be so fresh that the console's reader does not know it yet. */
const AGAIN_MS = [2_000, 5_000, 15_000];

/** A browser has six connections to a server: events, a claim and decisions need theirs. */
const AT_ONCE = 3;

const ABSENT: Picture = { url: "", bitmap: null, error: null };

async function decoded(url: string, signal: AbortSignal): Promise<ImageBitmap> {
  const response = await fetch(url, { signal, credentials: "same-origin", headers: causedBy() }).catch(
    (error: unknown) => {
      if (signal.aborted) throw error;
      throw new OfflineError(error);
    },
  );
  if (!response.ok) throw await problemOf(response);
  // Pixels as captured: boxes refer to them, whatever way up the file says it wants to be shown.
  return createImageBitmap(await response.blob(), { imageOrientation: "none" });
}

/** Images fetched and decoded ahead, so that showing one is only drawing it. Holds those wanted, closes the others. */
export class Pictures {
  private readonly held = new Map<string, { picture: Picture; abort: AbortController }>();
  private wanted: readonly string[] = [];
  private readonly watchers = new Set<() => void>();
  private readonly failures = new Map<string, number>();

  constructor(private readonly load = decoded) {}

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  readonly get = (url: string | null): Picture => (url === null ? ABSENT : (this.held.get(url)?.picture ?? ABSENT));

  /** Have these ready, the first soonest. */
  want(urls: readonly string[]): void {
    for (const [url, { picture, abort }] of this.held) {
      if (urls.includes(url)) continue;
      abort.abort();
      picture.bitmap?.close();
      this.held.delete(url);
      this.failures.delete(url);
    }
    this.wanted = urls;
    this.next();
  }

  /** Try an image again that failed. */
  again(url: string): void {
    if (!this.held.get(url)?.picture.error) return;
    this.held.delete(url);
    this.begin(url);
    this.tell();
  }

  /** Try again those that failed while nobody answered: now somebody does. */
  recover(): void {
    for (const [url, { picture }] of [...this.held]) {
      if (picture.error && isPassing(picture.error)) this.again(url);
    }
  }

  private next(): void {
    for (const url of this.wanted) {
      const loading = [...this.held.values()].filter(({ picture }) => !picture.bitmap && !picture.error).length;
      // What is on the screen waits for none.
      if (loading >= AT_ONCE && url !== this.wanted[0]) return;
      if (!this.held.has(url)) this.begin(url);
    }
  }

  /** `meanwhile` is what stands in the image's place until it comes. */
  private begin(url: string, meanwhile: Error | null = null): void {
    const abort = new AbortController();
    this.held.set(url, { picture: { url, bitmap: null, error: meanwhile }, abort });
    this.load(url, abort.signal).then(
      (bitmap) => this.arrived(url, abort, { url, bitmap, error: null }),
      (error: unknown) =>
        this.arrived(url, abort, {
          url,
          bitmap: null,
          error: error instanceof Error ? error : new Error(String(error)),
        }),
    );
  }

  private arrived(url: string, abort: AbortController, picture: Picture): void {
    if (abort.signal.aborted || this.held.get(url)?.abort !== abort) {
      picture.bitmap?.close();
      return;
    }
    this.held.set(url, { picture, abort });
    if (picture.error) this.later(url, abort, picture.error);
    this.next();
    this.tell();
  }

  private later(url: string, abort: AbortController, error: Error): void {
    const failures = this.failures.get(url) ?? 0;
    const wait = AGAIN_MS[failures];
    if (wait === undefined) return;
    this.failures.set(url, failures + 1);
    setTimeout(() => {
      if (this.held.get(url)?.abort === abort) this.begin(url, error);
    }, wait);
  }

  private tell(): void {
    this.watchers.forEach((watcher) => watcher());
  }
}
