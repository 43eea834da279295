import { expect, test } from "vitest";
import { OfflineError } from "@/api/problem";
import { task } from "@/test/labeling";
import { whyNothing } from "./nothing";
import type { OutboxState } from "./outbox";

const NONE: OutboxState = { pending: [], refused: [], stuck: false };
const entry = { name: "n", kind: "correct" as const, labelId: "a/1", task: task("a"), body: null as never };
const ONE: OutboxState = { ...NONE, pending: [entry] };
const settled = { error: null, settled: true };

test("nothing to label is said only when the queue is known to be empty", () => {
  expect(whyNothing({ error: null, settled: false }, NONE)).toBe("asking");
  expect(whyNothing(settled, NONE)).toBe("empty");
  expect(whyNothing(settled, ONE)).toBe("sending");
  expect(whyNothing(settled, { ...ONE, stuck: true })).toBe("offline");
});

test("what stands in the way is said", () => {
  expect(whyNothing({ error: new OfflineError(null), settled: true }, NONE)).toBe("offline");
  expect(whyNothing({ error: new Error("no"), settled: true }, NONE)).toBe("error");
});
