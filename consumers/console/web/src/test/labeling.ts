import type { RecentLabel, TaskView } from "@/api/types";

/** A task with a lease, as the API gives it. */
export function task(id: string, change: Partial<TaskView> = {}): TaskView {
  return {
    task_id: `${id}/first`,
    frame_id: id,
    edge_id: "press-1",
    camera_id: "press-1-top",
    sequence: 1,
    captured_at_us: 0,
    reason: "review",
    round: "first",
    priority: 1,
    skill: null,
    part_id: null,
    product: null,
    verdict: null,
    prediction: null,
    image_url: `/api/images/${id}`,
    thumbnail_url: "",
    image_width: null,
    image_height: null,
    classes: ["good", "scratch"],
    draw_boxes: false,
    draft: null,
    earlier: [],
    lease: { fencing_token: 1, expires_at_us: 0 },
    ...change,
  };
}

export function recent(labelId: string, change: Partial<RecentLabel> = {}): RecentLabel {
  return {
    label_id: labelId,
    task: task(labelId),
    outcome: "labeled",
    label: "good",
    boxes: [],
    note: null,
    labeled_at_us: 0,
    version: 1,
    ...change,
  };
}
