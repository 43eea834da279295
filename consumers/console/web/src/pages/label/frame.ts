import { useEffect, useReducer, useRef, useState } from "react";
import type { LabelOutcome, TaskWithoutLease } from "@/api/types";
import type { AtDesk } from "./desk";
import type { Size } from "./model/geometry";
import type { Picture } from "./model/pictures";
import { labelIdOf, type Answer } from "./model/station";
import { beginning, draftOf, EMPTY, said, worked, type Work, type WorkAct } from "./model/work";

const EDITS: readonly WorkAct["do"][] = [
  "class",
  "drag",
  "point",
  "place",
  "new",
  "nudge",
  "delete",
  "undo",
  "note",
  "take",
];

/** Seconds that a person looked at what `key` names: hidden windows don't count. */
function useSeconds(key: string | null, ready: boolean): () => number {
  const watch = useRef({ seen: 0, since: null as number | null });
  useEffect(() => {
    watch.current = { seen: 0, since: null };
  }, [key]);
  useEffect(() => {
    if (!ready) return;
    const turn = () => {
      const { seen, since } = watch.current;
      const now = performance.now();
      const sum = since === null ? seen : seen + now - since;
      watch.current = { seen: sum, since: document.visibilityState === "visible" ? now : null };
    };
    turn();
    document.addEventListener("visibilitychange", turn);
    return () => document.removeEventListener("visibilitychange", turn);
  }, [key, ready]);
  return () => {
    const { seen, since } = watch.current;
    return Math.round((since === null ? seen : seen + performance.now() - since) / 10) / 100;
  };
}

export interface Frame {
  task: TaskWithoutLease | null;
  /** Names what is on the screen: another key, another frame. */
  key: string | null;
  picture: Picture;
  work: Work;
  act: (act: WorkAct) => void;
  prediction: { shown: boolean; toggle: () => void; reveal: () => void };
  /** Say it, and go on; false when the image is not there to be judged. */
  answer: (outcome: LabelOutcome, label: string | null, boxes?: Work["boxes"]) => boolean;
  filled: boolean;
}

/** The image's size, once it may be judged: seen, or said to be unusable and the like because it can't be shown. */
function judged(task: TaskWithoutLease | null, picture: Picture, outcome: LabelOutcome): Size | null {
  if (!task) return null;
  if (picture.bitmap) return { width: picture.bitmap.width, height: picture.bitmap.height };
  if (!picture.error || outcome === "labeled") return null;
  return { width: task.image_width ?? 1, height: task.image_height ?? 1 };
}

function usePredictionShown(): [boolean, (shown: boolean) => void] {
  const [shown, setShown] = useState(() => localStorage.getItem("linewatch.prediction") !== "hidden");
  return [
    shown,
    (next) => {
      localStorage.setItem("linewatch.prediction", next ? "shown" : "hidden");
      setShown(next);
    },
  ];
}

/** The frame on the screen and what the person does to it. */
export function useFrame(desk: AtDesk, picture: Picture): Frame {
  const { station, drafts, state } = desk;
  const past = state.looking === null ? undefined : state.past[state.looking];
  const hand = state.tasks[0];
  const task = past?.task ?? hand ?? null;
  const key = past ? `past ${past.label_id}` : hand ? labelIdOf(hand) : null;
  const [work, dispatch] = useReducer(worked, EMPTY);
  const [shown, setShown] = usePredictionShown();
  const [opened, setOpened] = useState<{ key: string | null; filled: boolean; wasShown: boolean }>({
    key: null,
    filled: false,
    wasShown: false,
  });
  const possible = task?.prediction != null;
  if (opened.key !== key) {
    // Another frame came: its work opens before anything is drawn.
    const content = past ? said(past) : task && beginning(task, drafts.latest(task.task_id));
    setOpened({ key, filled: !past && content !== null && content.label !== null, wasShown: shown && possible });
    dispatch({ do: "open", content, classes: task?.classes ?? [] });
  } else if (shown && possible && !opened.wasShown) {
    setOpened({ ...opened, wasShown: true });
  }
  const edited = useRef(false);
  useEffect(() => {
    edited.current = false;
  }, [key]);
  useEffect(() => {
    if (!edited.current) return;
    edited.current = false;
    station.save(draftOf(work));
  }, [work, station]);
  const seconds = useSeconds(key, picture.bitmap !== null);
  const act = (one: WorkAct) => {
    if (EDITS.includes(one.do)) edited.current = true;
    dispatch(one);
  };
  const answer: Frame["answer"] = (outcome, label, boxes = work.boxes) => {
    const size = judged(task, picture, outcome);
    if (!size) return false;
    performance.mark("linewatch:answer");
    const full: Answer = {
      outcome,
      label,
      boxes,
      image_width: size.width,
      image_height: size.height,
      note: work.note,
      seconds_taken: seconds(),
      prediction_shown: opened.wasShown,
    };
    edited.current = false;
    station.answer(full);
    return true;
  };
  return {
    task,
    key,
    picture,
    work,
    act,
    prediction: { shown, toggle: () => setShown(!shown), reveal: () => setShown(true) },
    answer,
    filled: opened.filled,
  };
}
