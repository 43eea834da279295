import { expect, it } from "vitest";
import { generatedPassword } from "./passwords";

it("makes passwords that are long, readable and never twice the same", () => {
  const made = new Set(Array.from({ length: 100 }, () => generatedPassword()));
  expect(made.size).toBe(100);
  for (const password of made) expect(password).toMatch(/^([a-zA-Z2-9]{5}-){3}[a-zA-Z2-9]{5}$/);
});
