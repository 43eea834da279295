import { expect, test } from "vitest";
import { OfflineError, ProblemError } from "@/api/problem";
import { errorWhy, problemWhy } from "./problems";

test("a known code has a text in the person's language, the server's words stay with it", () => {
  const error = new ProblemError({ status: 409, code: "lease_lost", title: "Conflict", detail: "gone" });
  expect(errorWhy(error)).toEqual({ text: "problem.lease_lost", words: "gone" });
});

test("without a text the server's words stand alone; nobody there has a text only", () => {
  expect(problemWhy("unheard_of", "because")).toEqual({ text: null, words: "because" });
  expect(errorWhy(new Error("broken"))).toEqual({ text: null, words: "broken" });
  expect(errorWhy(new OfflineError(null))).toEqual({ text: "state.offline", words: null });
});
