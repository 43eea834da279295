import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { onSignedOut } from "@/api/client";
import { live } from "@/api/live";
import { usePerson } from "@/api/session";
import { useEvents, useLine } from "@/api/useLive";
import { calls, LABEL_EDGES, post, PROGRESS, putDraft } from "./calls";
import { Drafts } from "./model/drafts";
import { Outbox, type OutboxState } from "./model/outbox";
import { Pictures } from "./model/pictures";
import { Station, type StationState } from "./model/station";

interface Desk {
  outbox: Outbox;
  drafts: Drafts;
  pictures: Pictures;
  delivered: Set<() => void>;
}

/** One desk a person, for as long as the window lives: what waits to be sent goes on being sent from every page. */
const desks = new Map<string, Desk>();

function deskOf(person: string): Desk {
  const found = desks.get(person);
  if (found) return found;
  const delivered = new Set<() => void>();
  const tell = () => delivered.forEach((listener) => listener());
  const desk: Desk = {
    outbox: new Outbox(person, post, { delivered: tell, refused: tell }),
    drafts: new Drafts(person, putDraft),
    pictures: new Pictures(),
    delivered,
  };
  desks.set(person, desk);
  return desk;
}

// Another person at this machine must not send in the first one's name.
onSignedOut(() => desks.forEach((desk) => desk.outbox.stop()));

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
  const station = useMemo(() => new Station(edgeId, calls, desk.outbox, desk.drafts), [edgeId, desk]);
  const state = useSyncExternalStore(station.watch, station.snapshot);
  const sending = useSyncExternalStore(desk.outbox.watch, desk.outbox.snapshot);
  const line = useLine();

  useEffect(() => station.start(), [station]);
  useEffect(() => {
    const leave = () => station.leave();
    window.addEventListener("pagehide", leave);
    return () => window.removeEventListener("pagehide", leave);
  }, [station]);
  useEffect(() => {
    const refresh = () => void queries.invalidateQueries({ queryKey: PROGRESS });
    desk.delivered.add(refresh);
    return () => void desk.delivered.delete(refresh);
  }, [desk, queries]);
  useEffect(() => {
    if (line.state !== "live") return;
    // Back again: what waited goes out, and what came in the meantime is asked for.
    void desk.outbox.flush().finally(() => station.look());
    void desk.drafts.flush();
    desk.pictures.recover();
  }, [line.state, desk, station]);
  useEvents("task", (task) => {
    station.changed(task.task_id, task.state);
    void queries.invalidateQueries({ queryKey: LABEL_EDGES });
  });

  const urls = [state.looking === null ? undefined : state.past[state.looking], ...state.tasks.slice(0, 4)]
    .map((one) => (one === undefined ? undefined : "task" in one ? one.task.image_url : one.image_url))
    .filter((url) => url !== undefined);
  const wanted = urls.join("\n");
  useEffect(() => desk.pictures.want(wanted === "" ? [] : wanted.split("\n")), [desk, wanted]);
  return { station, outbox: desk.outbox, drafts: desk.drafts, pictures: desk.pictures, state, sending };
}

export const retryLine = (): void => live.retryNow();
