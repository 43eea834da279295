import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useT } from "@/i18n";
import { request } from "./client";
import type { InspectionView, Views } from "./types";

/** The frames of each edge, by id: a wish is of one edge. */
export function byEdge(frames: readonly Pick<InspectionView, "edge_id" | "frame_id">[]): Map<string, string[]> {
  const edges = new Map<string, string[]>();
  for (const { edge_id, frame_id } of frames) edges.set(edge_id, [...(edges.get(edge_id) ?? []), frame_id]);
  return edges;
}

/** Have frames labeled, and say so. */
export function useAskForLabels(note: string) {
  const t = useT();
  return useMutation({
    mutationFn: (frames: readonly Pick<InspectionView, "edge_id" | "frame_id">[]) =>
      Promise.all(
        [...byEdge(frames)].map(([edge_id, frame_ids]) =>
          request<Views["RequestedView"]>("POST", "/api/labeling-requests", { body: { edge_id, frame_ids, note } }),
        ),
      ),
    onSuccess: (answers) => {
      const count = answers.reduce((sum, answer) => sum + answer.frames, 0);
      notifications.show({ message: t("asking.asked", { count }) });
    },
    onError: (error) => notifications.show({ color: "red", message: error.message, autoClose: false }),
  });
}
