import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { task } from "@/test/labeling";
import { attend, deskOf } from "./desks";

/** A server that asks whose session it is, as the console does. */
function consoleOf(session: { person: string | null }) {
  const said: string[] = [];
  const claims: string[] = [];
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => {
    const named = (init?.headers as Record<string, string>)["X-Linewatch-Person"];
    claims.push(`${named ?? "nobody"} ${path}`);
    if (session.person === null || named !== session.person) {
      return Promise.resolve(new Response(JSON.stringify({ code: "other_person" }), { status: 401 }));
    }
    said.push(`${session.person} ${path}`);
    return Promise.resolve(new Response(JSON.stringify({ label_id: "x", version: 1 })));
  });
  return { said, claims };
}

const answer = { outcome: "labeled", label: "good", boxes: [], image_width: 1, image_height: 1, note: null } as const;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("what one person left is not sent in another's session, and goes when that person is back", async () => {
  const session: { person: string | null } = { person: null }; // Ann's has ended
  const { said, claims } = consoleOf(session);
  const ann = deskOf("ann");
  attend("ann");
  const body = { ...answer, boxes: [], task_id: "a", fencing_token: 1, seconds_taken: 1, prediction_shown: false };
  ann.outbox.add({ kind: "submit", labelId: "a/1", task: task("a"), body });
  ann.drafts.save("b", 1, { outcome: null, label: null, boxes: [], note: "x" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(claims).toEqual(["ann /api/label/submit"]); // told that the session ended, her desk sends no more
  session.person = "bo";
  deskOf("bo");
  attend("bo");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said).toEqual([]);
  expect(claims).toHaveLength(1);
  expect(ann.outbox.snapshot()).toMatchObject({ refused: [], pending: [{ labelId: "a/1" }] });
  session.person = "ann";
  attend("ann");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(said).toEqual(["ann /api/label/submit", "ann /api/label/draft"]);
  expect(ann.outbox.snapshot().pending).toEqual([]);
});
