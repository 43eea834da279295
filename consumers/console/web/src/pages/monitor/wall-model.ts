import type { EdgeView, InspectionView, Verdict } from "@/api/types";
import type { Place } from "@/app/place";
import type { TextKey } from "@/i18n";

/** How many verdicts the wall holds: what fits on a screen and a little more. */
export const WALL_SIZE = 72;

/** Newest first, each frame once, at most `size`: what was there, with `fresh` in front. */
export function merged(
  before: readonly InspectionView[],
  fresh: readonly InspectionView[],
  size = WALL_SIZE,
): readonly InspectionView[] {
  if (fresh.length === 0) return before;
  const byFrame = new Map([...before, ...fresh].map((one) => [one.frame_id, one]));
  return [...byFrame.values()]
    .sort((one, other) => other.inspected_at_us - one.inspected_at_us || other.sequence - one.sequence)
    .slice(0, size);
}

/** The edges where a person looks; null means all of them. */
export function edgesAt(place: Place, edges: readonly EdgeView[]): ReadonlySet<string> | null {
  if (place.edge !== null) return new Set([place.edge]);
  if (place.line === null) return null;
  return new Set(edges.filter((edge) => edge.line === place.line).map((edge) => edge.edge_id));
}

/** Whether an inspection belongs on this wall. */
export function belongs(
  inspection: Pick<InspectionView, "edge_id" | "verdict">,
  edges: ReadonlySet<string> | null,
  verdict: Verdict | null,
): boolean {
  return (edges === null || edges.has(inspection.edge_id)) && (verdict === null || inspection.verdict === verdict);
}

/** Shares of the verdicts of an hour, in the order given, those that never came left out; empty when none came. */
export function shares(
  verdicts: Partial<Record<Verdict, number>>,
  order: readonly Verdict[],
): { verdict: Verdict; count: number; share: number }[] {
  const total = order.reduce((sum, verdict) => sum + (verdicts[verdict] ?? 0), 0);
  if (total === 0) return [];
  return order
    .map((verdict) => ({ verdict, count: verdicts[verdict] ?? 0, share: (verdicts[verdict] ?? 0) / total }))
    .filter(({ count }) => count > 0);
}

const STATES: Record<string, TextKey> = {
  unknown: "monitor.state_unknown",
  silent: "monitor.state_silent",
  starting: "monitor.state_starting",
  running: "monitor.state_running",
  downloading: "monitor.state_downloading",
  verifying: "monitor.state_verifying",
  warming: "monitor.state_warming",
  swapped: "monitor.state_swapped",
  refused: "monitor.state_refused",
  stopping: "monitor.state_stopping",
};

/** The text for an edge's state; null for one this page does not know, which is shown as it is. */
export const edgeStateKey = (state: string): TextKey | null => STATES[state] ?? null;
