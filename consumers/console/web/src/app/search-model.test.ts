import { expect, test } from "vitest";
import { findAll, frameAddress, type Found } from "./search-model";

const edges: Found[] = ["wash-press-1", "press-1", "Press-10"].map((name) => ({ kind: "edge", name, to: name }));

test("names that begin with the words come first, whatever their case", () => {
  expect(findAll(edges, "PRESS-1").map((one) => one.name)).toEqual(["press-1", "Press-10", "wash-press-1"]);
});

test("nothing typed lists what there is", () => {
  expect(findAll(edges, "  ")).toHaveLength(3);
});

test.each([
  ["press-1-top/120", "/monitor/frames/press-1-top/120"],
  [" hall 2/cam/7 ", "/monitor/frames/hall%202%2Fcam/7"],
  ["press-1", null],
  ["press-1/x", null],
])("frame id %j opens %j", (query, address) => {
  expect(frameAddress(query)).toBe(address);
});
