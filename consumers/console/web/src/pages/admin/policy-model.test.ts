import { expect, it } from "vitest";
import { cleaned, fieldsOf } from "./policy-model";

it("keeps words only for classes that are there, and no empty ones", () => {
  const fields = {
    ...fieldsOf(undefined),
    classes: ["good", "dent"],
    guide: { dent: "a dip", good: " ", gone: "old" },
  };
  expect(cleaned(fields).guide).toEqual({ dent: "a dip" });
});

it("sends no empty word", () => {
  const fields = { ...fieldsOf(undefined), line: " ", product: " oven ", skill: "" };
  expect(cleaned(fields)).toMatchObject({ line: null, product: "oven", skill: null });
});

it("edits the policy in force, at its revision", () => {
  const policy = { ...fieldsOf(undefined), revision: 7, queue_cap: 9, edge_id: "press-1", set_by: "ada", set_at_us: 1 };
  expect(fieldsOf(policy)).toEqual({ ...fieldsOf(undefined), revision: 7, queue_cap: 9 });
});
