import { expect, test } from "vitest";
import { catalogue } from ".";

const blanks = (text: string): string[] =>
  [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((found) => found[1] ?? "").sort();

test.each(Object.entries(catalogue))("%s is said in both languages, with the same blanks", (_key, [en, ko]) => {
  expect(en.trim()).not.toBe("");
  expect(ko.trim()).not.toBe("");
  expect([...new Set(blanks(ko))]).toEqual([...new Set(blanks(en))]);
});

test("whatever is counted has a form for one and a form for many", () => {
  const keys = Object.keys(catalogue);
  const ones = keys.filter((key) => key.endsWith("_one")).map((key) => key.slice(0, -4));
  const many = keys.filter((key) => key.endsWith("_other")).map((key) => key.slice(0, -6));
  expect(ones.sort()).toEqual(many.sort());
});
