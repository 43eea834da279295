import { describe, expect, it } from "vitest";
import type { InspectionView } from "@/api/types";
import { belongs, merged, shares } from "./wall-model";

const seen = (frame: string, at: number, verdict: "pass" | "fail" = "pass") =>
  ({ frame_id: frame, inspected_at_us: at, sequence: at, edge_id: "press-1", verdict }) as InspectionView;

describe("the wall", () => {
  it("shows the newest first, each frame once", () => {
    const wall = merged([seen("a/1", 1), seen("a/2", 2)], [seen("a/3", 3), seen("a/2", 2)]);
    expect(wall.map((one) => one.frame_id)).toEqual(["a/3", "a/2", "a/1"]);
  });

  it("lets go of the oldest when it is full", () => {
    const wall = merged([seen("a/1", 1), seen("a/2", 2)], [seen("a/3", 3)], 2);
    expect(wall.map((one) => one.frame_id)).toEqual(["a/3", "a/2"]);
  });

  it("stays the same object when nothing came, so that nothing is drawn again", () => {
    const before = [seen("a/1", 1)];
    expect(merged(before, [])).toBe(before);
  });

  it("shows only the edges and the verdict asked for", () => {
    expect(belongs(seen("a/1", 1), null, null)).toBe(true);
    expect(belongs(seen("a/1", 1), new Set(["press-2"]), null)).toBe(false);
    expect(belongs(seen("a/1", 1, "fail"), new Set(["press-1"]), "fail")).toBe(true);
    expect(belongs(seen("a/1", 1, "pass"), null, "fail")).toBe(false);
  });
});

describe("shares", () => {
  it("add up to one and leave out what never came", () => {
    expect(shares({ pass: 3, fail: 1 }, ["pass", "fail", "review"])).toEqual([
      { verdict: "pass", count: 3, share: 0.75 },
      { verdict: "fail", count: 1, share: 0.25 },
    ]);
  });

  it("are none when nothing came", () => {
    expect(shares({}, ["pass", "fail"])).toEqual([]);
  });
});
