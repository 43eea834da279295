import { expect, test } from "vitest";
import { backoff, EventParser } from "./eventStream";

test("events are whole whatever pieces they come in", () => {
  const stream = ': ping\n\nid: 7\nevent: task\ndata: {"a":\ndata: 1}\n\nevent: alarm\r\ndata: x\r\n\r\ndata: rest';
  for (const size of [1, 2, 3, 7, 1000]) {
    const parser = new EventParser();
    const events = [];
    for (let at = 0; at < stream.length; at += size) events.push(...parser.push(stream.slice(at, at + size)));
    expect(events).toEqual([
      { id: "7", event: "task", data: '{"a":\n1}' },
      { id: "7", event: "alarm", data: "x" },
    ]);
  }
});

test("waiting doubles to a quarter of a minute and is spread", () => {
  expect([1, 2, 3, 20].map((attempt) => backoff(attempt, 0.5))).toEqual([500, 1000, 2000, 15_000]);
  expect(backoff(1, 0)).toBe(375);
  expect(backoff(1, 1)).toBe(625);
});
