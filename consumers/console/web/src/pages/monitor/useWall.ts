import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { request } from "@/api/client";
import { live } from "@/api/live";
import type { InspectionView, Verdict } from "@/api/types";
import { useEvents } from "@/api/useLive";
import { belongs, merged, WALL_SIZE } from "./wall-model";

/** Fast lines bring many verdicts a second: the wall is drawn again at most this often. */
const DRAW_EVERY_MS = 400;

/** How many of the newest inspections of the plant are looked through for those of one line: the server's most. */
const LOOK_THROUGH = 500;

interface Inspections {
  items: InspectionView[];
  next_cursor: string | null;
}

/** The newest verdicts of some edges, kept fresh by the live line; `paused` holds them still while somebody looks. */
export function useWall(edges: ReadonlySet<string> | null, verdict: Verdict | null, paused: boolean) {
  const queries = useQueryClient();
  const names = edges === null ? [] : [...edges].sort();
  const key = ["inspections", "wall", names, verdict];
  const buffer = useRef<InspectionView[]>([]);
  const [waiting, setWaiting] = useState(0);
  const only = names.length === 1 ? (names[0] ?? null) : null;

  useEffect(() => {
    live.follow(only);
    return () => live.follow(null);
  }, [only]);

  const query = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const page = await request<Inspections>("GET", "/api/inspections", {
        signal,
        // The server filters by one edge; a line's edges are picked here out of more.
        query: { edge_id: only, verdict, limit: edges === null || only !== null ? WALL_SIZE : LOOK_THROUGH },
      });
      return page.items.filter((one) => belongs(one, edges, verdict)).slice(0, WALL_SIZE);
    },
    staleTime: Infinity,
  });

  useEvents("inspection", (inspection) => {
    if (belongs(inspection, edges, verdict)) buffer.current.push(inspection);
  });
  // The server left some out because this page was slow, or the line was opened anew: what is missing is asked for.
  useEvents("dropped", () => void queries.invalidateQueries({ queryKey: ["inspections", "wall"] }));

  const text = JSON.stringify(key);
  useEffect(() => {
    buffer.current = []; // of another wall
  }, [text]);
  useEffect(() => {
    const timer = setInterval(() => {
      setWaiting(paused ? buffer.current.length : 0);
      const wall = JSON.parse(text) as unknown[];
      // Before the first answer there is nothing to put them on: they wait for it.
      if (paused || buffer.current.length === 0 || queries.getQueryData(wall) === undefined) return;
      const fresh = buffer.current.splice(0);
      queries.setQueryData<readonly InspectionView[]>(wall, (before) => before && merged(before, fresh));
    }, DRAW_EVERY_MS);
    return () => clearInterval(timer);
  }, [queries, text, paused]);

  return { query, waiting };
}
