import { describe, expect, it } from "vitest";
import { chosenAfter } from "./selection";

const ORDER = ["a", "b", "c", "d"];
const chosen = (...frames: string[]) => new Set(frames);

describe("choosing frames", () => {
  it("turns one on and off", () => {
    expect(chosenAfter(chosen(), ORDER, "b", null)).toEqual(chosen("b"));
    expect(chosenAfter(chosen("b"), ORDER, "b", null)).toEqual(chosen());
  });

  it("chooses everything between the anchor and the click, both ways", () => {
    expect(chosenAfter(chosen("b"), ORDER, "d", "b")).toEqual(chosen("b", "c", "d"));
    expect(chosenAfter(chosen("d"), ORDER, "b", "d")).toEqual(chosen("b", "c", "d"));
  });

  it("chooses just the one when the anchor is no longer shown", () => {
    expect(chosenAfter(chosen(), ORDER, "c", "gone")).toEqual(chosen("c"));
  });
});
