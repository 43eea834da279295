import { expect, test } from "vitest";
import { belongsToFocus, nameOf } from "./keys";

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

test.each([
  ["u", "KeyU", false, false, "u"],
  ["U", "KeyU", true, false, "u"],
  ["ㅕ", "KeyU", false, false, "u"],
  ["1", "Digit1", false, false, "1"],
  ["&", "Digit1", false, false, "1"],
  ["!", "Digit1", true, false, "!"],
  ["3", "Numpad3", false, false, "3"],
  ["ArrowDown", "Numpad2", false, false, "ArrowDown"],
  ["z", "KeyZ", false, true, "Ctrl+z"],
  [" ", "Space", false, false, " "],
  ["?", "Slash", true, false, "?"],
  ["w", "KeyZ", false, false, "w"],
])("key %j at %s (shift %s, ctrl %s) is called %j", (key, code, shiftKey, ctrlKey, name) => {
  expect(nameOf({ key, code, shiftKey, ctrlKey })).toBe(name);
});
