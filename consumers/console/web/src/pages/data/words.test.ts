import { describe, expect, it } from "vitest";
import { isName, localOf, microsOf, phaseKey } from "./words";

describe("times of the form", () => {
  it("come back as they were given, to the minute", () => {
    const ms = Date.UTC(2026, 10, 25, 8, 30);
    expect(microsOf(localOf(ms))).toBe(ms * 1000);
  });

  it("are null when they are none", () => {
    expect(microsOf("")).toBeNull();
  });
});

describe("names of datasets", () => {
  it.each(["panels", "panels-2026-11", "7"])("takes %s", (name) => expect(isName(name)).toBe(true));
  it.each(["", "-a", "a-", "Panels", "a b", "ä"])("refuses %s", (name) => expect(isName(name)).toBe(false));
});

it("shows a phase it does not know as it is", () => {
  expect(phaseKey("something new")).toBeNull();
});
