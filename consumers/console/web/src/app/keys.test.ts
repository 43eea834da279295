import { expect, test } from "vitest";
import { belongsToFocus } from "./keys";

function focused(html: string): Element {
  document.body.innerHTML = html;
  const element = document.querySelector("[data-it]");
  if (!element) throw new Error("nothing is marked data-it");
  return element;
}

test.each([
  ["a", `<input data-it>`, true],
  ["1", `<textarea data-it></textarea>`, true],
  [" ", `<button data-it></button>`, true],
  ["Enter", `<a href="/x" data-it></a>`, true],
  ["1", `<button data-it></button>`, false],
  ["ArrowLeft", `<input type="range" data-it>`, true],
  ["ArrowLeft", `<div role="slider" data-it></div>`, true],
  ["u", `<input type="range" data-it>`, false],
  ["1", `<div role="dialog"><button data-it></button></div>`, true],
  [" ", `<div tabindex="0" data-it></div>`, false],
])("key %j on %s belongs to it: %s", (key, html, expected) => {
  expect(belongsToFocus({ key }, focused(html))).toBe(expected);
});

test("with nothing focused every key is the page's", () => {
  expect(belongsToFocus({ key: " " }, null)).toBe(false);
});
