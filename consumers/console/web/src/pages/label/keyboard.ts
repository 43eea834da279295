import { useKeyActs, type KeyAct } from "@/app/keys";
import type { LabelOutcome } from "@/api/types";
import { useT } from "@/i18n";
import type { Frame } from "./frame";
import type { Area } from "./model/geometry";
import type { Tool } from "./model/work";
import type { StageActs } from "./stage/ImageStage";

export interface Deeds {
  number: (key: number) => void;
  accept: () => void;
  submit: () => void;
  outcome: (outcome: LabelOutcome) => void;
  back: () => void;
  escape: () => void;
  note: () => void;
  hide: () => void;
  togglePrediction: () => void;
  take: (who: "A" | "B") => void;
  tool: (tool: Tool) => void;
  add: (area: Area) => void;
  toggleCompare: () => void;
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Arrows move the chosen box, with Ctrl they resize it; with none chosen they are the page's. */
function nudging(frame: Frame, event: KeyboardEvent): boolean {
  const [dx, dy] = ARROWS[event.key] ?? [0, 0];
  const { bitmap } = frame.picture;
  if (frame.work.selected === null || !bitmap) return false;
  const far = event.shiftKey ? 10 : 1;
  const image = { width: bitmap.width, height: bitmap.height };
  frame.act({ do: "nudge", dx: dx * far, dy: dy * far, size: event.ctrlKey, image });
  return true;
}

/** Tab goes from box to box only while the image has the focus, and leaves it after the last. */
function stepping(frame: Frame, event: KeyboardEvent): boolean {
  const onStage =
    document.activeElement?.getAttribute("data-tool") !== null && document.activeElement !== document.body;
  if (!onStage || frame.work.boxes.length === 0) return false;
  const by = event.shiftKey ? -1 : 1;
  const { selected, boxes } = frame.work;
  const next = selected === null ? (by === 1 ? 0 : boxes.length - 1) : selected + by;
  frame.act({ do: "next", by });
  return next >= 0 && next < boxes.length;
}

/** The keys of the Label page, in the order in which `?` lists them. */
export function useLabelKeys(frame: Frame, deeds: Deeds, stage: () => StageActs | null): void {
  const t = useT();
  const draws = frame.task?.draw_boxes ?? false;
  const deciding = frame.task?.round === "adjudication";
  const digits = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
  const always: KeyAct[] = [
    {
      keys: digits,
      shown: ["1", "–", "9"],
      text: draws ? t("label.key.class") : t("label.key.label"),
      act: (event) => deeds.number(Number(/\d/.exec(event.code)?.[0] ?? event.key)),
    },
    { keys: [" "], text: t("label.key.accept"), act: () => deeds.accept() },
    { keys: ["Enter"], text: t("label.key.submit"), act: () => deeds.submit() },
    { keys: ["u"], text: t("label.key.unsure"), act: () => deeds.outcome("unsure") },
    { keys: ["s"], text: t("label.key.skip"), act: () => deeds.outcome("skipped") },
    { keys: ["x"], text: t("label.key.unusable"), act: () => deeds.outcome("unusable") },
    { keys: ["z", "Backspace"], text: t("label.key.back"), act: () => deeds.back() },
    { keys: ["Escape"], text: t("label.key.escape"), act: () => deeds.escape() },
    { keys: ["+", "="], act: () => stage()?.zoom(1.4), repeats: true },
    { keys: ["-"], act: () => stage()?.zoom(1 / 1.4), repeats: true },
    { keys: ["0"], text: t("label.key.zoom"), shown: ["+", "−", "0"], act: () => stage()?.fit() },
    { keys: ["h"], text: t("label.key.hide"), act: () => deeds.hide() },
    { keys: ["p"], text: t("label.key.prediction"), act: () => deeds.togglePrediction() },
    { keys: ["m"], text: t("label.key.note"), act: () => deeds.note() },
  ];
  const drawing: KeyAct[] = [
    { keys: ["b"], text: t("label.key.box"), act: () => deeds.tool("box") },
    { keys: ["e"], text: t("label.key.extreme"), act: () => deeds.tool("extreme") },
    {
      keys: ["n"],
      text: t("label.key.new_box"),
      act: () => {
        const area = stage()?.middle();
        if (area) deeds.add(area);
      },
    },
    {
      keys: Object.keys(ARROWS),
      shown: ["←", "↑", "→", "↓"],
      text: t("label.key.nudge"),
      repeats: true,
      act: (event) => nudging(frame, event),
    },
    {
      keys: Object.keys(ARROWS).map((key) => `Ctrl+${key}`),
      shown: ["Ctrl", "←", "→"],
      text: t("label.key.resize"),
      repeats: true,
      act: (event) => nudging(frame, event),
    },
    { keys: ["Tab"], text: t("label.key.next_box"), act: (event) => stepping(frame, event) },
    { keys: ["Delete"], text: t("label.key.delete"), act: () => frame.act({ do: "delete" }) },
    { keys: ["Ctrl+z"], text: t("label.key.undo"), act: () => frame.act({ do: "undo" }) },
  ];
  const adjudicating: KeyAct[] = [
    { keys: ["q"], shown: ["Q", "W"], text: t("label.key.take"), act: () => deeds.take("A") },
    { keys: ["w"], act: () => deeds.take("B") },
    { keys: ["c"], text: t("label.key.compare"), act: () => deeds.toggleCompare() },
  ];
  useKeyActs([...always, ...(draws ? drawing : []), ...(deciding ? adjudicating : [])]);
}
