import { useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";
import { panned, toImage, zoomed, type Point, type Size, type View } from "../model/geometry";
import type { Tool } from "../model/work";

/** Fingers and mice shake: less is a click. */
const STILL = 4;

interface Options {
  element: RefObject<HTMLElement | null>;
  image: Size | null;
  screen: Size;
  view: View;
  tool: Tool;
  /** A box or its handle has taken the pointer. */
  busy: RefObject<boolean>;
  onView: (view: View) => void;
  onDrag: (from: Point, to: Point) => void;
  onPoint: (at: Point) => void;
  onClick: () => void;
}

interface Gesture {
  kind: "pan" | "draw" | "pinch" | "none";
  start: Point;
  last: Point;
  moved: boolean;
}

/** Drag to pan or draw, click for points, wheel and pinch to zoom; mouse, pen and fingers alike. */
export function useGestures(options: Options) {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const pointers = useRef(new Map<number, Point>());
  const gesture = useRef<Gesture | null>(null);
  const [rubber, setRubber] = useState<{ from: Point; to: Point } | null>(null);
  const [cursor, setCursor] = useState<Point | null>(null);

  const at = (event: { clientX: number; clientY: number }): Point => {
    const frame = latest.current.element.current?.getBoundingClientRect();
    return { x: event.clientX - (frame?.left ?? 0), y: event.clientY - (frame?.top ?? 0) };
  };
  const inImage = (point: Point): Point => {
    const { image, view, screen } = latest.current;
    return image ? toImage(point, view, image, screen) : point;
  };

  useEffect(() => {
    const element = options.element.current;
    if (!element) return;
    const wheel = (event: WheelEvent) => {
      const { image, view, screen, onView } = latest.current;
      if (!image) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
      onView(zoomed(view, Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0022)), at(event), image, screen));
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [options.element]);

  const down = (event: PointerEvent) => {
    const { tool, busy, image } = latest.current;
    const point = at(event);
    pointers.current.set(event.pointerId, point);
    if (!image || (busy.current && pointers.current.size === 1)) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const kind = pointers.current.size >= 2 ? "pinch" : event.button === 0 && tool === "box" ? "draw" : "pan";
    gesture.current = { kind, start: point, last: point, moved: false };
    setRubber(null);
  };

  const pinch = (event: PointerEvent, point: Point) => {
    const { image, screen, onView } = latest.current;
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    const before = pointers.current.get(event.pointerId);
    if (!image || !other || !before) return;
    const apart = (one: Point) => Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));
    const middle = { x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 };
    const slid = panned(latest.current.view, (point.x - before.x) / 2, (point.y - before.y) / 2, image, screen);
    onView(zoomed(slid, apart(point) / apart(before), middle, image, screen));
  };

  const move = (event: PointerEvent) => {
    const { image, screen, view, tool, onView } = latest.current;
    const point = at(event);
    if (tool !== "none") setCursor(point);
    const now = gesture.current;
    if (now && image && pointers.current.has(event.pointerId)) {
      if (Math.hypot(point.x - now.start.x, point.y - now.start.y) > STILL) now.moved = true;
      if (now.kind === "pinch") pinch(event, point);
      else if (now.kind === "draw") setRubber({ from: inImage(now.start), to: inImage(point) });
      else if (now.moved) onView(panned(view, point.x - now.last.x, point.y - now.last.y, image, screen));
      now.last = point;
    }
    if (pointers.current.has(event.pointerId)) pointers.current.set(event.pointerId, point);
  };

  const up = (event: PointerEvent) => {
    const { tool, busy, onDrag, onPoint, onClick } = latest.current;
    pointers.current.delete(event.pointerId);
    const now = gesture.current;
    if (now && pointers.current.size === 0) {
      gesture.current = null;
      const point = at(event);
      if (now.kind === "draw") onDrag(inImage(now.start), inImage(point));
      else if (now.kind === "pan" && !now.moved && event.button === 0) {
        if (tool === "extreme") onPoint(inImage(point));
        else onClick();
      }
    }
    setRubber(null);
    busy.current = false;
  };

  const gone = (event: PointerEvent) => {
    pointers.current.delete(event.pointerId);
    gesture.current = null;
    setRubber(null);
    setCursor(null);
    latest.current.busy.current = false;
  };

  return {
    rubber,
    cursor: options.tool === "none" ? null : cursor,
    handlers: {
      onPointerDown: down,
      onPointerMove: move,
      onPointerUp: up,
      onPointerCancel: gone,
      onPointerLeave: () => setCursor(null),
      onContextMenu: (event: { preventDefault: () => void }) => event.preventDefault(),
    },
  };
}
