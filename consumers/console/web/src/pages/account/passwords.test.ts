import { expect, test } from "vitest";
import { wrongWith } from "./passwords";

test.each([
  ["", "", null],
  ["short", "", { missing: 7 }],
  ["long enough for anybody", "", null],
  ["long enough for anybody", "long", "differ"],
  ["long enough for anybody", "long enough for anybody", null],
])("%j then %j: %j", (password, again, expected) => {
  expect(wrongWith(password, again)).toEqual(expected);
});
