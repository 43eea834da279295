import { expect, test } from "vitest";
import type { Person, Role } from "@/api/types";
import { landing, pagesOf } from "./pages";

const person = (role: Role, admin = false): Person => ({
  name: "kim",
  full_name: "Kim",
  role,
  admin,
  skills: [],
  language: "en",
  must_change_password: false,
});

test.each<[Role, boolean, string[]]>([
  ["inspector", false, ["monitor", "label"]],
  ["inspector", true, ["monitor", "label", "admin"]],
  ["model_developer", false, ["monitor", "label", "data", "admin"]],
  ["operations_manager", false, ["monitor", "data", "admin"]],
  ["product_manager", false, ["monitor", "data"]],
])("%s (admin: %s) sees %j", (role, admin, expected) => {
  expect(pagesOf(person(role, admin)).map((page) => page.name)).toEqual(expected);
});

test.each<Role>(["inspector", "model_developer", "operations_manager", "product_manager"])(
  "%s lands on a page they may see",
  (role) => {
    const paths = pagesOf(person(role)).map((page) => page.path);
    expect(paths).toContain(landing(person(role)));
  },
);
