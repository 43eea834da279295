/** Server-sent events, parsed by hand: the browser's own EventSource hides the pings, so it can't tell silence from death. */

export interface ServerEvent {
  id: string | null;
  event: string;
  data: string;
}

/** Feed text as it comes; whole events are given back. Any byte, a ping comment too, is a sign of life. */
export class EventParser {
  private rest = "";
  private id: string | null = null;
  private event = "";
  private data: string[] = [];

  push(chunk: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      const finished = this.line(line);
      if (finished) events.push(finished);
    }
    return events;
  }

  private line(line: string): ServerEvent | null {
    if (line === "") return this.finish();
    if (line.startsWith(":")) return null;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.event = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id") this.id = value;
    return null;
  }

  private finish(): ServerEvent | null {
    const whole =
      this.data.length > 0 ? { id: this.id, event: this.event || "message", data: this.data.join("\n") } : null;
    this.event = "";
    this.data = [];
    return whole;
  }
}

/** Milliseconds to wait before try number `attempt` (1, 2, ...): doubling to 15 s, spread so that a plant's screens don't come all at once. */
export function backoff(attempt: number, random = Math.random()): number {
  return Math.min(15_000, 500 * 2 ** Math.min(attempt - 1, 10)) * (0.75 + random / 2);
}
