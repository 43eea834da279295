import { describe, expect, test } from "vitest";
import {
  fromDrag,
  fromExtremes,
  middleOf,
  moved,
  panned,
  resized,
  settled,
  toImage,
  toScreen,
  WHOLE,
  zoomed,
} from "./geometry";

const image = { width: 600, height: 400 };
const screen = { width: 1200, height: 1000 };

describe("boxes", () => {
  test("a drag upwards and to the left is the same box", () => {
    expect(fromDrag({ x: 50.4, y: 60.6 }, { x: 10.2, y: 20 }, image)).toEqual({ x: 10, y: 20, w: 40, h: 41 });
  });

  test("what is drawn beyond the image ends at its edge", () => {
    expect(fromDrag({ x: -30, y: 350 }, { x: 900, y: 900 }, image)).toEqual({ x: 0, y: 350, w: 600, h: 50 });
  });

  test("a click is a box of one pixel, also at the last one", () => {
    expect(fromDrag({ x: 600, y: 400 }, { x: 600, y: 400 }, image)).toEqual({ x: 599, y: 399, w: 1, h: 1 });
  });

  test("extreme points come in any order", () => {
    const points = [
      { x: 100, y: 10 },
      { x: 40, y: 60 },
      { x: 90, y: 120 },
      { x: 160, y: 70 },
    ];
    const box = { x: 40, y: 10, w: 120, h: 110 };
    expect(fromExtremes(points, image)).toEqual(box);
    expect(fromExtremes(points.toReversed(), image)).toEqual(box);
  });

  test("a new box lies in the middle of what is seen, wherever that is", () => {
    expect(middleOf({ x: -80, y: 0 }, { x: 680, y: 400 }, image)).toEqual({ x: 240, y: 160, w: 120, h: 80 });
    expect(middleOf({ x: 500, y: 300 }, { x: 550, y: 350 }, image)).toEqual({ x: 520, y: 320, w: 10, h: 10 });
  });

  test("nudging stops at the edge and keeps the size", () => {
    const box = { x: 5, y: 5, w: 20, h: 10 };
    expect(moved(box, -10, -10, image)).toEqual({ x: 0, y: 0, w: 20, h: 10 });
    expect(moved(box, 9999, 1, image)).toEqual({ x: 580, y: 6, w: 20, h: 10 });
    expect(resized(box, -99, 1, image)).toEqual({ x: 5, y: 5, w: 1, h: 11 });
    expect(resized(box, 9999, 0, image)).toEqual({ x: 5, y: 5, w: 595, h: 10 });
  });
});

describe("views", () => {
  test("the whole image fits and stands in the middle", () => {
    expect(toScreen({ x: 0, y: 0 }, WHOLE, image, screen)).toEqual({ x: 0, y: 100 });
    expect(toScreen({ x: 600, y: 400 }, WHOLE, image, screen)).toEqual({ x: 1200, y: 900 });
  });

  test("to the screen and back is the same point", () => {
    const view = { zoom: 3.7, cx: 0.3, cy: 0.6 };
    const back = toImage(toScreen({ x: 123, y: 77 }, view, image, screen), view, image, screen);
    expect(back.x).toBeCloseTo(123);
    expect(back.y).toBeCloseTo(77);
  });

  test("zooming holds what is under the pointer", () => {
    const at = { x: 300, y: 400 };
    const before = toImage(at, WHOLE, image, screen);
    const view = zoomed(WHOLE, 4, at, image, screen);
    const after = toImage(at, view, image, screen);
    expect(view.zoom).toBe(4);
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
  });

  test("nobody zooms out beyond the whole image, nor pans it away", () => {
    expect(zoomed(WHOLE, 0.1, { x: 0, y: 0 }, image, screen)).toEqual(WHOLE);
    expect(panned(WHOLE, 500, -500, image, screen)).toEqual(WHOLE);
    const far = panned({ zoom: 4, cx: 0.5, cy: 0.5 }, -99_999, 0, image, screen);
    expect(toScreen({ x: 600, y: 0 }, far, image, screen).x).toBeCloseTo(1200);
  });

  test("a view kept from another image settles on this one", () => {
    expect(settled({ zoom: 0.2, cx: 7, cy: -3 }, image, screen)).toEqual(WHOLE);
  });
});
