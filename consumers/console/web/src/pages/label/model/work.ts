import type { Box, LabelOutcome, RecentLabel, TaskWithoutLease } from "@/api/types";
import { contentOf, type DraftContent } from "./drafts";
import { fromDrag, fromExtremes, moved, resized, type Area, type Point, type Size } from "./geometry";

export type Tool = "none" | "box" | "extreme";

/** What a person is doing to one frame. */
export interface Work {
  outcome: LabelOutcome | null;
  /** Class of the whole image, as chosen; null while it follows from the boxes. */
  label: string | null;
  boxes: readonly Box[];
  note: string;
  selected: number | null;
  tool: Tool;
  /** Class of the next box. */
  drawClass: string;
  /** Extreme points so far, image pixels. */
  points: readonly Point[];
  /** Boxes before each edit, newest last. */
  past: readonly (readonly Box[])[];
}

export type WorkAct =
  | { do: "open"; content: DraftContent | null; classes: readonly string[] }
  | { do: "tool"; tool: Tool }
  | { do: "class"; label: string }
  | { do: "drag"; from: Point; to: Point; image: Size }
  | { do: "point"; at: Point; image: Size }
  | { do: "place"; index: number; area: Area }
  | { do: "new"; area: Area }
  | { do: "nudge"; dx: number; dy: number; size: boolean; image: Size }
  | { do: "select"; index: number | null }
  | { do: "next"; by: 1 | -1 }
  | { do: "delete" }
  | { do: "undo" }
  | { do: "escape" }
  | { do: "note"; note: string }
  | { do: "take"; label: string | null; boxes: readonly Box[]; outcome?: LabelOutcome };

export const EMPTY: Work = {
  outcome: null,
  label: null,
  boxes: [],
  note: "",
  selected: null,
  tool: "none",
  drawClass: "",
  points: [],
  past: [],
};

/** A drag of a hair's breadth is a click, not a box. */
const LEAST_DRAG = 3;

const edited = (work: Work, boxes: readonly Box[], selected: number | null): Work => ({
  ...work,
  boxes,
  selected,
  points: [],
  past: [...work.past.slice(-49), work.boxes],
});

const added = (work: Work, area: Area): Work =>
  edited(work, [...work.boxes, { label: work.drawClass, ...area }], work.boxes.length);

function changed(work: Work, index: number, change: (box: Box) => Box): Work {
  const box = work.boxes[index];
  if (!box) return work;
  return edited(
    work,
    work.boxes.map((one, at) => (at === index ? change(box) : one)),
    index,
  );
}

function opened(work: Work, content: DraftContent | null, classes: readonly string[]): Work {
  const drawClass = classes.includes(work.drawClass) ? work.drawClass : (classes[1] ?? classes[0] ?? "");
  // The tool stays in the hand from frame to frame.
  const fresh = { ...EMPTY, tool: work.tool, drawClass };
  return content ? { ...fresh, ...content } : fresh;
}

function classed(work: Work, label: string): Work {
  if (work.selected !== null)
    return { ...changed(work, work.selected, (box) => ({ ...box, label })), drawClass: label };
  if (work.tool !== "none") return { ...work, drawClass: label };
  return { ...work, label, outcome: "labeled" };
}

function pointed(work: Work, at: Point, image: Size): Work {
  const points = [...work.points, at];
  return points.length < 4 ? { ...work, points, selected: null } : added(work, fromExtremes(points, image));
}

function escaped(work: Work): Work {
  if (work.points.length > 0) return { ...work, points: [] };
  if (work.selected !== null) return { ...work, selected: null };
  return { ...work, tool: "none" };
}

/** The next box round; after the last one none, so that Tab can leave the image. */
function stepped(work: Work, by: 1 | -1): Work {
  const from = work.selected ?? (by === 1 ? -1 : work.boxes.length);
  const next = from + by;
  return { ...work, selected: next >= 0 && next < work.boxes.length ? next : null };
}

/** What the work is after an act. Pure: everything the page shows of a frame in hand follows from it. */
export function worked(work: Work, act: WorkAct): Work {
  switch (act.do) {
    case "open":
      return opened(work, act.content, act.classes);
    case "tool":
      return { ...work, tool: work.tool === act.tool ? "none" : act.tool, points: [], selected: null };
    case "class":
      return classed(work, act.label);
    case "drag": {
      const far = Math.max(Math.abs(act.to.x - act.from.x), Math.abs(act.to.y - act.from.y));
      return far < LEAST_DRAG ? { ...work, selected: null } : added(work, fromDrag(act.from, act.to, act.image));
    }
    case "point":
      return pointed(work, act.at, act.image);
    case "place":
      return changed(work, act.index, (box) => ({ ...box, ...act.area }));
    case "new":
      return added(work, act.area);
    case "nudge": {
      const nudge = act.size ? resized : moved;
      return work.selected === null
        ? work
        : changed(work, work.selected, (box) => ({ ...box, ...nudge(box, act.dx, act.dy, act.image) }));
    }
    case "select":
      return { ...work, selected: act.index, points: [] };
    case "next":
      return stepped(work, act.by);
    case "delete": {
      if (work.selected === null) return work;
      const rest = work.boxes.filter((_, index) => index !== work.selected);
      return edited(work, rest, rest.length === 0 ? null : Math.min(work.selected, rest.length - 1));
    }
    case "undo": {
      if (work.points.length > 0) return { ...work, points: work.points.slice(0, -1) };
      const before = work.past.at(-1);
      return before ? { ...work, boxes: before, past: work.past.slice(0, -1), selected: null } : work;
    }
    case "escape":
      return escaped(work);
    case "note":
      return { ...work, note: act.note };
    case "take":
      return {
        ...edited(
          work,
          act.boxes.map(({ label, x, y, w, h }) => ({ label, x, y, w, h })),
          null,
        ),
        label: act.label,
        outcome: act.outcome ?? "labeled",
      };
  }
}

/** The image's class: the one chosen, else that of the first box; null when neither says. */
export const imageLabel = (work: Work): string | null => work.label ?? work.boxes[0]?.label ?? null;

export const draftOf = (work: Work): DraftContent => contentOf({ ...work, boxes: [...work.boxes] });

/** What a task begins with: what the server lacks, else its draft. */
export function beginning(task: TaskWithoutLease, local: DraftContent | null): DraftContent | null {
  if (local) return local;
  const { draft } = task;
  return draft && { outcome: draft.outcome, label: draft.label, boxes: draft.boxes, note: draft.note ?? "" };
}

/** What a correction begins with: what was said. */
export const said = (recent: RecentLabel): DraftContent => ({
  outcome: recent.outcome,
  label: recent.label,
  boxes: recent.boxes,
  note: recent.note ?? "",
});
