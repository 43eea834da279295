import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { live } from "@/api/live";
import { throttle } from "@/api/throttle";
import { usePerson, useSession } from "@/api/session";
import { useEvents, useLine } from "@/api/useLive";
import { calls, LABEL_EDGES, PROGRESS } from "./calls";
import { attend, deskOf } from "./desks";
import type { Drafts } from "./model/drafts";
import type { Outbox, OutboxState } from "./model/outbox";
import type { Pictures } from "./model/pictures";
import { HELD, Station, type StationState } from "./model/station";

/** Figures beside the work are asked for no more often, however many labels and tasks come and go. */
const FIGURES_MS = 4_000;

export interface AtDesk {
  station: Station;
  outbox: Outbox;
  drafts: Drafts;
  pictures: Pictures;
  state: StationState;
  sending: OutboxState;
}

/** The person's desk at one edge's queue, or at all of them. */
export function useDesk(edgeId: string | null): AtDesk {
  const person = usePerson();
  const queries = useQueryClient();
  const desk = deskOf(person.name);
  const station = useMemo(
    () => new Station(edgeId, calls, desk.outbox, desk.drafts, desk.turns, desk.windows.alone),
    [edgeId, desk],
  );
  const state = useSyncExternalStore(station.watch, station.snapshot);
  const sending = useSyncExternalStore(desk.outbox.watch, desk.outbox.snapshot);
  const line = useLine();
  const known = useSession().dataUpdatedAt;

  // Also after the session was doubted and is this person's still: the page stayed, and what it sends was stopped.
  useEffect(() => attend(person.name), [person.name, known]);
  useEffect(() => station.start(), [station]);
  // After the station, which must still know of the others when it leaves.
  useEffect(() => desk.windows.open(), [desk]);
  useEffect(() => {
    const leave = () => {
      station.leave();
      desk.windows.leave();
    };
    window.addEventListener("pagehide", leave);
    return () => window.removeEventListener("pagehide", leave);
  }, [station, desk]);
  const refreshed = useMemo(
    () => ({
      progress: throttle(() => void queries.invalidateQueries({ queryKey: PROGRESS }), FIGURES_MS),
      edges: throttle(() => void queries.invalidateQueries({ queryKey: LABEL_EDGES }), FIGURES_MS),
    }),
    [queries],
  );
  useEffect(() => {
    desk.delivered.add(refreshed.progress);
    return () => void desk.delivered.delete(refreshed.progress);
  }, [desk, refreshed]);
  useEffect(() => {
    if (line.state !== "live") return;
    // Back again: what waited goes out, and what came in the meantime is asked for.
    void desk.outbox.flush().finally(() => station.look());
    void desk.drafts.flush();
    desk.pictures.recover();
  }, [line.state, desk, station]);
  useEvents("task", (task) => {
    // Another edge's new task is nothing for this queue.
    if (edgeId === null || task.edge_id === edgeId) station.changed(task.task_id, task.state);
    refreshed.edges();
  });

  const urls = [state.looking === null ? undefined : state.past[state.looking], ...state.tasks.slice(0, HELD)]
    .map((one) => (one === undefined ? undefined : "task" in one ? one.task.image_url : one.image_url))
    .filter((url) => url !== undefined);
  const wanted = urls.join("\n");
  useEffect(() => desk.pictures.want(wanted === "" ? [] : wanted.split("\n")), [desk, wanted]);
  return { station, outbox: desk.outbox, drafts: desk.drafts, pictures: desk.pictures, state, sending };
}

export const retryLine = (): void => live.retryNow();
