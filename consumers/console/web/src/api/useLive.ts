import { useEffect, useRef, useSyncExternalStore } from "react";
import { live, type EventKind, type LineState } from "./live";
import type { Alarm, Build, EdgeView, InspectionView } from "./types";

/** How the page's line to the server stands. */
export function useLine(): LineState {
  return useSyncExternalStore(live.watch, live.snapshot);
}

/** What comes with each kind of event. */
export interface EventViews {
  inspection: InspectionView;
  task: { task_id: string; edge_id: string; state: string };
  edge: EdgeView;
  alarm: Alarm;
  build: Build;
  dataset: { name: string; digest: string };
  dropped: { count: number };
}

/** Be told of the server's events of one kind while the component is there. */
export function useEvents<K extends EventKind>(kind: K, handler: (data: EventViews[K]) => void): void {
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => live.subscribe(kind, (data) => latest.current(data as EventViews[K])), [kind]);
}
