import { OfflineError } from "@/api/problem";
import type { OutboxState } from "./outbox";
import type { StationState } from "./station";

export type Nothing = "offline" | "sending" | "error" | "asking" | "empty";

/** Why no frame is in hand. While answers are on their way the queue is not known to be empty: their leases count as held. */
export function whyNothing(
  { error, settled }: Pick<StationState, "error" | "settled">,
  { stuck, pending }: OutboxState,
): Nothing {
  if (error instanceof OfflineError || (stuck && pending.length > 0)) return "offline";
  if (error) return "error";
  if (pending.length > 0) return "sending";
  return settled ? "empty" : "asking";
}
