import { useQuery } from "@tanstack/react-query";
import { request } from "@/api/client";
import type {
  LabelCorrection,
  LabelEdge,
  LabelProgress,
  LabelReceipt,
  LabelSubmit,
  RecentLabel,
  TaskView,
} from "@/api/types";
import type { PutDraft } from "./model/drafts";
import type { Post } from "./model/outbox";
import type { LabelCalls } from "./model/station";

export const PROGRESS = ["label", "progress"] as const;
export const LABEL_EDGES = ["label", "edges"] as const;

export const calls: LabelCalls = {
  claim: (edgeId, count) =>
    request<{ tasks: TaskView[] }>("POST", "/api/label/claim", { body: { edge_id: edgeId, count } }),
  renew: (leases) => request("POST", "/api/label/renew", { body: { leases } }),
  release: (leases) => request("POST", "/api/label/release", { body: { leases }, keepalive: true }),
  recent: () => request<{ labels: RecentLabel[] }>("GET", "/api/label/recent"),
};

/** Say decisions in this person's name only, whoever is signed in by the time they go out. */
export const postOf = (person: string): Post => ({
  submit: (body: LabelSubmit) => request<LabelReceipt>("POST", "/api/label/submit", { body, person }),
  correct: (body: LabelCorrection) => request<LabelReceipt>("POST", "/api/label/correct", { body, person }),
});

export const putDraftOf =
  (person: string): PutDraft =>
  (body) =>
    request("PUT", "/api/label/draft", { body, person, keepalive: true });

/** How the shift goes: since the person's own midnight. */
export function useProgress(edgeId: string | null) {
  return useQuery({
    queryKey: [...PROGRESS, edgeId],
    queryFn: ({ signal }) =>
      request<LabelProgress>("GET", "/api/label/progress", {
        signal,
        priority: "low",
        query: { edge_id: edgeId, tz_offset_minutes: -new Date().getTimezoneOffset() },
      }),
    refetchInterval: 30_000,
    placeholderData: (before) => before,
  });
}

export function useLabelEdges() {
  return useQuery({
    queryKey: LABEL_EDGES,
    queryFn: ({ signal }) => request<LabelEdge[]>("GET", "/api/label/edges", { signal, priority: "low" }),
    refetchInterval: 30_000,
  });
}
