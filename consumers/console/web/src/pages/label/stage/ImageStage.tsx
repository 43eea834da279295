import { Button, Loader } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { ImageOff } from "lucide-react";
import { useImperativeHandle, useLayoutEffect, useRef, type Ref } from "react";
import type { Box } from "@/api/types";
import { EmptyState } from "@/components/States";
import { WhyText } from "@/components/WhyText";
import { useT } from "@/i18n";
import { errorWhy } from "@/i18n/problems";
import {
  middleOf,
  scaleOf,
  settled,
  toImage,
  toScreen,
  WHOLE,
  zoomed,
  type Area,
  type Point,
  type Size,
  type View,
} from "../model/geometry";
import type { Picture } from "../model/pictures";
import type { Tool } from "../model/work";
import { useGestures } from "./gestures";
import styles from "./ImageStage.module.css";
import { Overlay } from "./Overlay";
import type { Sticky } from "./sticky";

export interface StageActs {
  zoom: (factor: number) => void;
  fit: () => void;
  /** A box in the middle of what is seen of the image, a fifth of it each way. */
  middle: () => Area | null;
  focus: () => void;
}

interface Props {
  picture: Picture;
  name: string;
  sticky: Sticky;
  onSticky: (change: Partial<Sticky>) => void;
  boxes: readonly Box[];
  ghosts?: readonly Box[];
  acts?: Ref<StageActs>;
  editing?: {
    selected: number | null;
    tool: Tool;
    points: readonly Point[];
    onDrag: (from: Point, to: Point, image: Size) => void;
    onPoint: (at: Point, image: Size) => void;
    onSelect: (index: number | null) => void;
    onPlace: (index: number, area: Area) => void;
  };
  onRetry?: () => void;
}

/** Beyond this many screen pixels for one of the image, its pixels are shown as they are. */
const PIXELS_SHOW = 4;

function useDrawn(bitmap: ImageBitmap | null, across: number, down: number, { zoom, cx, cy }: View) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const screen = { width: across, height: down };
    const view = { zoom, cx, cy };
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || screen.width === 0) return;
    const ratio = window.devicePixelRatio;
    const [width, height] = [Math.round(screen.width * ratio), Math.round(screen.height * ratio)];
    if (element.width !== width || element.height !== height) Object.assign(element, { width, height });
    context.clearRect(0, 0, width, height);
    if (!bitmap) return;
    const scale = scaleOf(view, bitmap, screen) * ratio;
    const origin = toScreen({ x: 0, y: 0 }, view, bitmap, screen);
    context.imageSmoothingEnabled = scale < PIXELS_SHOW;
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, origin.x * ratio, origin.y * ratio, bitmap.width * scale, bitmap.height * scale);
  }, [bitmap, across, down, zoom, cx, cy]);
  return canvas;
}

/** The image with what is drawn on it; it fills the space there is. */
export function ImageStage({ picture, name, sticky, onSticky, boxes, ghosts = [], acts, editing, onRetry }: Props) {
  const t = useT();
  const { ref: sizer, width, height } = useElementSize<HTMLDivElement>();
  const element = useRef<HTMLDivElement>(null);
  const paper = useRef<HTMLDivElement>(null);
  const paperRef = useMergedRef(sizer, paper);
  const busy = useRef(false);
  const screen = { width, height };
  const image = picture.bitmap && width > 0 ? { width: picture.bitmap.width, height: picture.bitmap.height } : null;
  const view = image ? settled(sticky.view, image, screen) : sticky.view;
  const canvas = useDrawn(picture.bitmap, width, height, view);
  const { rubber, cursor, handlers } = useGestures({
    element: paper,
    image,
    screen,
    view,
    tool: editing?.tool ?? "none",
    busy,
    onView: (next) => onSticky({ view: next }),
    onDrag: (from, to) => image && editing?.onDrag(from, to, image),
    onPoint: (at) => image && editing?.onPoint(at, image),
    onClick: () => editing?.onSelect(null),
  });
  useImperativeHandle(acts, () => ({
    zoom: (factor) => image && onSticky({ view: zoomed(view, factor, { x: width / 2, y: height / 2 }, image, screen) }),
    fit: () => onSticky({ view: WHOLE }),
    middle: () => {
      if (!image) return null;
      const start = toImage({ x: 0, y: 0 }, view, image, screen);
      const end = toImage({ x: width, y: height }, view, image, screen);
      return middleOf(start, end, image);
    },
    focus: () => element.current?.focus({ preventScroll: true }),
  }));
  return (
    <div
      ref={element}
      className={styles.stage}
      role="group"
      tabIndex={0}
      aria-label={`${t("label.image", { frame: name })}${boxes.length > 0 ? `, ${t("label.image_boxes", { count: boxes.length })}` : ""}`}
      data-tool={editing?.tool ?? "none"}
      data-ready={picture.bitmap !== null}
      {...handlers}
    >
      <div ref={paperRef} className={styles.sizer}>
        <canvas
          ref={canvas}
          className={styles.canvas}
          style={{ filter: `brightness(${sticky.brightness}) contrast(${sticky.contrast})` }}
          aria-hidden
        />
        {image && (
          <div className={styles.overlay} aria-hidden>
            <Overlay
              image={image}
              screen={screen}
              view={view}
              boxes={boxes}
              ghosts={ghosts}
              selected={editing?.selected ?? null}
              editable={editing !== undefined}
              tool={editing?.tool ?? "none"}
              points={editing?.points ?? []}
              rubber={rubber}
              cursor={cursor}
              busyRef={busy}
              onSelect={(index) => editing?.onSelect(index)}
              onPlace={(index, area) => editing?.onPlace(index, area)}
            />
          </div>
        )}
        {!picture.bitmap && !picture.error && (
          <div className={styles.waiting}>
            <Loader size="sm" color="gray" />
          </div>
        )}
        {picture.error && (
          <div className={styles.waiting} role="alert">
            <EmptyState
              icon={ImageOff}
              title={t("label.image_failed")}
              action={
                onRetry && (
                  <Button variant="default" onClick={onRetry}>
                    {t("state.retry")}
                  </Button>
                )
              }
            >
              <WhyText why={errorWhy(picture.error)} />
            </EmptyState>
          </div>
        )}
      </div>
    </div>
  );
}
