import { expect, test } from "vitest";
import { duration, relativeTime } from "./format";

const now = 1_800_000_000_000;
const ago = (seconds: number) => (now - seconds * 1000) * 1000;

test.each([
  [ago(2), "now"],
  [ago(-20), "now"],
  [ago(45), "45 sec ago"],
  [ago(119), "1 min ago"],
  [ago(3 * 3600), "3 hr ago"],
  [ago(26 * 3600), "yesterday"],
  [ago(-3600), "in 1 hr"],
])("%d is %j", (us, words) => {
  expect(relativeTime(us, "en", now).replace("secs", "sec")).toBe(words);
});

test("times are Korean in Korean", () => {
  expect(relativeTime(ago(600), "ko", now)).toBe("10분 전");
});

test.each([
  [0.0402, "40 ms"],
  [3.24, "3.2 s"],
  [240, "4 min"],
  [7200, "2 h"],
  [3 * 86_400, "3 d"],
])("%d seconds are %j", (seconds, words) => {
  expect(duration(seconds, "en")).toBe(words);
});
