import { expect, test } from "vitest";
import { recent, task } from "@/test/labeling";
import { beginning, draftOf, EMPTY, imageLabel, said, worked, type Work, type WorkAct } from "./work";

const image = { width: 100, height: 80 };
const at = (x: number, y: number) => ({ x, y });
const after = (acts: readonly WorkAct[], from: Work = EMPTY): Work => acts.reduce(worked, from);
const OPEN: WorkAct = { do: "open", content: null, classes: ["good", "dent", "scratch"] };
const DRAG: WorkAct = { do: "drag", from: at(10, 10), to: at(30, 40), image };

test("a drag draws a box of the class in hand and chooses it; the tool stays", () => {
  const work = after([OPEN, { do: "tool", tool: "box" }, { do: "class", label: "scratch" }, DRAG]);
  expect(work.boxes).toEqual([{ label: "scratch", x: 10, y: 10, w: 20, h: 30 }]);
  expect(work).toMatchObject({ selected: 0, tool: "box", drawClass: "scratch" });
  expect(imageLabel(work)).toBe("scratch");
});

test("a drag of a hair is a click, not a box", () => {
  expect(after([OPEN, { do: "drag", from: at(10, 10), to: at(12, 11), image }]).boxes).toEqual([]);
});

test("four points make a box; undo takes points one by one", () => {
  const three: WorkAct[] = [at(50, 5), at(20, 30), at(60, 60)].map((one) => ({ do: "point", at: one, image }));
  const work = after([OPEN, { do: "tool", tool: "extreme" }, ...three]);
  expect(work.points).toHaveLength(3);
  expect(worked(work, { do: "undo" }).points).toHaveLength(2);
  const drawn = worked(work, { do: "point", at: at(90, 40), image });
  expect(drawn.points).toEqual([]);
  expect(drawn.boxes).toEqual([{ label: "dent", x: 20, y: 5, w: 70, h: 55 }]);
});

test("a number is the chosen box's class, else the next box's, else the image's", () => {
  const chosen = after([OPEN, { do: "tool", tool: "box" }, DRAG, { do: "class", label: "good" }]);
  expect(chosen.boxes[0]?.label).toBe("good");
  expect(chosen.label).toBeNull();
  const image = after([OPEN, { do: "class", label: "good" }]);
  expect(image).toMatchObject({ label: "good", outcome: "labeled", boxes: [] });
});

test("the image's own class counts before that of its boxes", () => {
  const work = after([
    OPEN,
    { do: "class", label: "dent" },
    { do: "tool", tool: "box" },
    { do: "class", label: "scratch" },
    DRAG,
  ]);
  expect(imageLabel(work)).toBe("dent");
});

test("nudge, resize, delete and undo each step back", () => {
  const drawn = after([OPEN, DRAG]);
  const nudged = worked(drawn, { do: "nudge", dx: 10, dy: 0, size: false, image });
  const sized = worked(nudged, { do: "nudge", dx: 0, dy: -10, size: true, image });
  const gone = worked(sized, { do: "delete" });
  expect(nudged.boxes[0]).toMatchObject({ x: 20, w: 20 });
  expect(sized.boxes[0]).toMatchObject({ h: 20 });
  expect(gone).toMatchObject({ boxes: [], selected: null });
  const back = after([{ do: "undo" }, { do: "undo" }, { do: "undo" }, { do: "undo" }, { do: "undo" }], gone);
  expect(back.boxes).toEqual([]);
  expect(after([{ do: "undo" }, { do: "undo" }, { do: "undo" }], gone).boxes).toEqual(drawn.boxes);
});

test("nothing chosen: nudging and deleting change nothing", () => {
  const work = after([OPEN, DRAG, { do: "select", index: null }]);
  expect(worked(work, { do: "delete" })).toBe(work);
  expect(worked(work, { do: "nudge", dx: 1, dy: 0, size: false, image })).toBe(work);
});

test("Tab goes through the boxes and then lets go", () => {
  const two = after([OPEN, DRAG, DRAG, { do: "select", index: null }]);
  const steps = [1, 2, 3].map((count) => after(Array<WorkAct>(count).fill({ do: "next", by: 1 }), two).selected);
  expect(steps).toEqual([0, 1, null]);
  expect(worked(two, { do: "next", by: -1 }).selected).toBe(1);
});

test("Escape lets go of one thing at a time: point, box, tool", () => {
  const work = after([OPEN, DRAG, { do: "tool", tool: "extreme" }, { do: "point", at: at(1, 1), image }]);
  const first = worked(work, { do: "escape" });
  expect(first).toMatchObject({ points: [], tool: "extreme" });
  expect(worked(first, { do: "escape" }).tool).toBe("none");
});

test("taking a prediction copies its boxes without their scores, and can be undone", () => {
  const boxes = [{ label: "dent", x: 1, y: 2, w: 3, h: 4, score: 0.9 }];
  const work = after([OPEN, DRAG, { do: "take", label: "dent", boxes }]);
  expect(work.boxes).toEqual([{ label: "dent", x: 1, y: 2, w: 3, h: 4 }]);
  expect(worked(work, { do: "undo" }).boxes).toHaveLength(1);
});

test("the next frame is a clean one; the tool and its class stay in the hand", () => {
  const work = after([
    OPEN,
    { do: "tool", tool: "box" },
    { do: "class", label: "scratch" },
    DRAG,
    { do: "note", note: "x" },
    OPEN,
  ]);
  expect(work).toEqual({ ...EMPTY, tool: "box", drawClass: "scratch" });
  expect(worked(work, { do: "open", content: null, classes: ["a", "b"] }).drawClass).toBe("b");
});

test("a task begins with what the server lacks, else with its draft; a correction with what was said", () => {
  const draft = { outcome: null, label: "dent", boxes: [], note: null, saved_at_us: 1 };
  const local = { outcome: null, label: "scratch", boxes: [], note: "mine" };
  expect(beginning(task("a", { draft }), null)).toEqual({ outcome: null, label: "dent", boxes: [], note: "" });
  expect(beginning(task("a", { draft }), local)).toBe(local);
  expect(beginning(task("a"), null)).toBeNull();
  const opened = worked(EMPTY, { do: "open", content: said(recent("x", { note: "n" })), classes: [] });
  expect(draftOf(opened)).toEqual({ outcome: "labeled", label: "good", boxes: [], note: "n" });
});
