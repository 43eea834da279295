import type { Box } from "@/api/types";

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export type Area = Pick<Box, "x" | "y" | "w" | "h">;

export const sameArea = (one: Area, other: Area): boolean =>
  one.x === other.x && one.y === other.y && one.w === other.w && one.h === other.h;

const between = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

/** The pixels that a box from edge to edge covers: whole numbers, inside the image, at least one pixel each way. */
export function areaOf(left: number, top: number, right: number, bottom: number, image: Size): Area {
  const x = between(Math.round(Math.min(left, right)), 0, image.width - 1);
  const y = between(Math.round(Math.min(top, bottom)), 0, image.height - 1);
  return {
    x,
    y,
    w: between(Math.round(Math.max(left, right)), x + 1, image.width) - x,
    h: between(Math.round(Math.max(top, bottom)), y + 1, image.height) - y,
  };
}

/** A box drawn from one corner to the other. */
export const fromDrag = (from: Point, to: Point, image: Size): Area => areaOf(from.x, from.y, to.x, to.y, image);

/**
 * The box around a thing from its topmost, leftmost, bottommost and rightmost points, in any order.
 *
 * Papadopoulos et al., "Extreme clicking for efficient object annotation", ICCV 2017: four clicks on the thing itself
 * are quicker and more exact than two corners in the air.
 */
export function fromExtremes(points: readonly Point[], image: Size): Area {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  return areaOf(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), image);
}

/** A box in the middle of what is seen of the image between two of its points, a fifth of that each way. */
export function middleOf(start: Point, end: Point, image: Size): Area {
  const [left, right] = [Math.max(0, start.x), Math.min(image.width, end.x)];
  const [top, bottom] = [Math.max(0, start.y), Math.min(image.height, end.y)];
  const [w, h] = [(right - left) / 5, (bottom - top) / 5];
  return areaOf((left + right - w) / 2, (top + bottom - h) / 2, (left + right + w) / 2, (top + bottom + h) / 2, image);
}

/** Move by pixels; the box stops at the image's edge with its size kept. */
export function moved(area: Area, dx: number, dy: number, image: Size): Area {
  return {
    ...area,
    x: between(Math.round(area.x + dx), 0, image.width - area.w),
    y: between(Math.round(area.y + dy), 0, image.height - area.h),
  };
}

/** Grow or shrink at the right and lower edge by pixels. */
export function resized(area: Area, dw: number, dh: number, image: Size): Area {
  return {
    ...area,
    w: between(Math.round(area.w + dw), 1, image.width - area.x),
    h: between(Math.round(area.h + dh), 1, image.height - area.y),
  };
}

/** What is shown: `zoom` 1 fits the whole image, (cx, cy) is the image's point in the middle, 0..1 of its size. */
export interface View {
  zoom: number;
  cx: number;
  cy: number;
}

export const WHOLE: View = { zoom: 1, cx: 0.5, cy: 0.5 };
export const MOST_ZOOM = 40;

/** Screen pixels per image pixel. */
export function scaleOf(view: View, image: Size, screen: Size): number {
  return Math.min(screen.width / image.width, screen.height / image.height) * view.zoom;
}

export function toScreen(point: Point, view: View, image: Size, screen: Size): Point {
  const scale = scaleOf(view, image, screen);
  return {
    x: screen.width / 2 + (point.x - view.cx * image.width) * scale,
    y: screen.height / 2 + (point.y - view.cy * image.height) * scale,
  };
}

export function toImage(point: Point, view: View, image: Size, screen: Size): Point {
  const scale = scaleOf(view, image, screen);
  return {
    x: (point.x - screen.width / 2) / scale + view.cx * image.width,
    y: (point.y - screen.height / 2) / scale + view.cy * image.height,
  };
}

/** Keep the image from leaving the screen: where it is smaller than the screen it stands in the middle. */
export function settled(view: View, image: Size, screen: Size): View {
  const zoom = between(view.zoom, 1, MOST_ZOOM);
  const scale = scaleOf({ ...view, zoom }, image, screen);
  const half = (have: number, shown: number) => Math.min(0.5, shown / 2 / (have * scale));
  const hx = half(image.width, screen.width);
  const hy = half(image.height, screen.height);
  return { zoom, cx: between(view.cx, hx, 1 - hx), cy: between(view.cy, hy, 1 - hy) };
}

/** Zoom so that what is under `at` (screen pixels) stays there. */
export function zoomed(view: View, factor: number, at: Point, image: Size, screen: Size): View {
  const zoom = between(view.zoom * factor, 1, MOST_ZOOM);
  const held = toImage(at, view, image, screen);
  const scale = scaleOf({ ...view, zoom }, image, screen);
  const cx = (held.x - (at.x - screen.width / 2) / scale) / image.width;
  const cy = (held.y - (at.y - screen.height / 2) / scale) / image.height;
  return settled({ zoom, cx, cy }, image, screen);
}

/** Move what is shown by screen pixels, as a hand on paper. */
export function panned(view: View, dx: number, dy: number, image: Size, screen: Size): View {
  const scale = scaleOf(view, image, screen);
  return settled(
    { ...view, cx: view.cx - dx / (image.width * scale), cy: view.cy - dy / (image.height * scale) },
    image,
    screen,
  );
}
