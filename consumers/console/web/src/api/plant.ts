import { useQuery, useQueryClient } from "@tanstack/react-query";
import { request } from "./client";
import type { Alarm, EdgeView } from "./types";
import { useEvents } from "./useLive";

export const EDGES = ["edges"] as const;
export const ALARMS = ["alarms"] as const;

/** All edges with what runs on them and their last hour. */
export function useEdges() {
  return useQuery({
    queryKey: EDGES,
    queryFn: ({ signal }) => request<EdgeView[]>("GET", "/api/edges", { signal }),
    refetchInterval: 30_000,
  });
}

/** The alarms that are raised now; fresh ones come by themselves. */
export function useAlarms() {
  const queries = useQueryClient();
  useEvents("alarm", () => void queries.invalidateQueries({ queryKey: ALARMS }));
  return useQuery({
    queryKey: ALARMS,
    queryFn: ({ signal }) => request<Alarm[]>("GET", "/api/alarms", { signal, query: { raised: true } }),
    refetchInterval: 60_000,
  });
}
