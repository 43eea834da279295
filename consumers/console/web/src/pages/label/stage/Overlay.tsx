import type Konva from "konva";
import { useEffect, useRef, useState, type RefObject } from "react";
import { Circle, Label, Layer, Line, Rect, Stage, Tag, Text, Transformer } from "react-konva";
import type { Box } from "@/api/types";
import { useFormat } from "@/format";
import { fromDrag, scaleOf, toScreen, type Area, type Point, type Size, type View } from "../model/geometry";
import type { Tool } from "../model/work";

const FONT = '"Inter Variable", "Noto Sans KR Variable", sans-serif';

interface Props {
  image: Size;
  screen: Size;
  view: View;
  /** What the person drew. */
  boxes: readonly Box[];
  /** What the model drew: dashed, not to be taken hold of. */
  ghosts: readonly Box[];
  selected: number | null;
  editable: boolean;
  tool: Tool;
  points: readonly Point[];
  rubber: { from: Point; to: Point } | null;
  cursor: Point | null;
  /** Set while a box or its handle has the pointer. */
  busyRef: RefObject<boolean>;
  onSelect: (index: number) => void;
  onPlace: (index: number, area: Area) => void;
}

interface ScreenArea {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** White, two pixels, with a dark halo on both sides: it shows on bright metal and in dark holes. */
function drawOutline(context: Konva.Context, shape: Konva.Shape): void {
  const dash: unknown = shape.getAttr("pattern");
  context.beginPath();
  context.rect(0, 0, shape.width(), shape.height());
  context.setAttr("strokeStyle", "rgba(0,0,0,0.7)");
  context.setAttr("lineWidth", 4);
  context.stroke();
  context.setLineDash(Array.isArray(dash) ? (dash as number[]) : []);
  context.setAttr("strokeStyle", "#fff");
  context.setAttr("lineWidth", 2);
  context.stroke();
  context.setLineDash([]);
  context.fillStrokeShape(shape);
}

function Words({ area, text, chosen }: { area: ScreenArea; text: string; chosen: boolean }) {
  const above = area.y > 24;
  return (
    <Label x={area.x - 2} y={above ? area.y - 23 : area.y + area.height + 5} listening={false}>
      <Tag fill={chosen ? "#4259e6" : "rgba(10,12,16,0.85)"} cornerRadius={3} />
      <Text text={text} fill="#fff" fontSize={11.5} fontStyle="600" fontFamily={FONT} padding={3.5} />
    </Label>
  );
}

function useTransformer(selected: number | null, boxes: readonly Box[]) {
  const nodes = useRef(new Map<number, Konva.Rect>());
  const transformer = useRef<Konva.Transformer>(null);
  useEffect(() => {
    const node = selected === null ? undefined : nodes.current.get(selected);
    transformer.current?.nodes(node ? [node] : []);
  }, [selected, boxes]);
  return { nodes, transformer };
}

/** Everything that is drawn over the image, in screen pixels: lines stay two pixels wide however far one zooms. */
export function Overlay(props: Props) {
  const { image, screen, view, boxes, ghosts, selected, editable, tool, points, rubber, cursor, busyRef } = props;
  const format = useFormat();
  const { nodes, transformer } = useTransformer(editable ? selected : null, boxes);
  const [held, setHeld] = useState<{ index: number; area: ScreenArea } | null>(null);
  const scale = scaleOf(view, image, screen);
  const onScreen = (box: Area): ScreenArea => ({
    ...toScreen(box, view, image, screen),
    width: box.w * scale,
    height: box.h * scale,
  });
  const areaOfNode = (node: Konva.Node): ScreenArea => ({
    x: node.x(),
    y: node.y(),
    width: node.width(),
    height: node.height(),
  });
  const place = (index: number, node: Konva.Node) => {
    setHeld(null);
    const origin = toScreen({ x: 0, y: 0 }, view, image, screen);
    const from = { x: (node.x() - origin.x) / scale, y: (node.y() - origin.y) / scale };
    const to = { x: from.x + node.width() / scale, y: from.y + node.height() / scale };
    const area = fromDrag(from, to, image);
    node.setAttrs(onScreen(area));
    props.onPlace(index, area);
  };
  // Small boxes lie above large ones, so that they can be taken hold of.
  const order = boxes.map((box, index) => ({ box, index })).sort((a, b) => b.box.w * b.box.h - a.box.w * a.box.h);
  return (
    <Stage
      width={screen.width}
      height={screen.height}
      onPointerDown={(event) => {
        busyRef.current = event.target !== event.target.getStage();
      }}
    >
      <Layer>
        {ghosts.map((box, index) => {
          const area = onScreen(box);
          const text = typeof box.score === "number" ? `${box.label}  ${format.number(box.score, 2)}` : box.label;
          return [
            <Rect key={`g${index}`} {...area} pattern={[7, 5]} sceneFunc={drawOutline} listening={false} />,
            <Words key={`gw${index}`} area={area} text={text} chosen={false} />,
          ];
        })}
        {order.map(({ box, index }) => {
          const area = onScreen(box);
          const chosen = index === selected;
          const grip = editable && (tool === "none" || chosen);
          return [
            <Rect
              key={`b${index}`}
              {...area}
              ref={(node: Konva.Rect | null) => {
                if (node) nodes.current.set(index, node);
                else nodes.current.delete(index);
              }}
              sceneFunc={drawOutline}
              {...(tool === "none" ? { fill: chosen ? "rgba(115,134,251,0.14)" : "rgba(0,0,0,0.002)" } : {})}
              hitStrokeWidth={14}
              listening={grip}
              draggable={grip && chosen}
              onPointerDown={() => props.onSelect(index)}
              onDragMove={(event) => setHeld({ index, area: areaOfNode(event.target) })}
              onDragEnd={(event) => place(index, event.target)}
              onTransform={(event) => {
                const node = event.target;
                node.setAttrs({
                  width: node.width() * node.scaleX(),
                  height: node.height() * node.scaleY(),
                  scaleX: 1,
                  scaleY: 1,
                });
                setHeld({ index, area: areaOfNode(node) });
              }}
              onTransformEnd={(event) => place(index, event.target)}
            />,
            <Words
              key={`w${index}`}
              area={held?.index === index ? held.area : area}
              text={box.label}
              chosen={chosen}
            />,
          ];
        })}
        {rubber && (
          <Rect {...onScreen(fromDrag(rubber.from, rubber.to, image))} sceneFunc={drawOutline} listening={false} />
        )}
        {points.map((point, index) => {
          const at = toScreen(point, view, image, screen);
          return (
            <Circle key={index} {...at} radius={4.5} fill="#fff" stroke="#000" strokeWidth={1.5} listening={false} />
          );
        })}
        {cursor &&
          [
            [0, cursor.y, screen.width, cursor.y],
            [cursor.x, 0, cursor.x, screen.height],
          ].flatMap((line, index) => [
            <Line key={`d${index}`} points={line} stroke="rgba(0,0,0,0.55)" strokeWidth={3} listening={false} />,
            <Line key={`l${index}`} points={line} stroke="rgba(255,255,255,0.85)" strokeWidth={1} listening={false} />,
          ])}
        {editable && (
          <Transformer
            ref={transformer}
            rotateEnabled={false}
            flipEnabled={false}
            keepRatio={false}
            ignoreStroke
            borderEnabled={false}
            anchorSize={window.matchMedia("(pointer: coarse)").matches ? 18 : 10}
            anchorCornerRadius={3}
            anchorFill="#fff"
            anchorStroke="#4259e6"
            anchorStrokeWidth={2}
          />
        )}
      </Layer>
    </Stage>
  );
}
