import { useState } from "react";
import type { LabelOutcome } from "@/api/types";
import { useT } from "@/i18n";
import type { AtDesk } from "./desk";
import type { Frame } from "./frame";
import type { Deeds } from "./keyboard";
import { imageLabel } from "./model/work";
import type { SaidState } from "./Said";

export interface AtFrame extends Deeds {
  /** The image's class as it would be submitted. */
  label: string | null;
  /** Two earlier labels are to be decided between. */
  deciding: boolean;
  /** ... and stand side by side now. */
  comparing: boolean;
  hidden: boolean;
  /** Say a class: at once, or where boxes are drawn of the chosen box, else of the image. */
  choose: (label: string) => void;
}

/** Everything a key or a button does to the frame on the screen. */
export function useDeeds(desk: AtDesk, frame: Frame, said: SaidState, focusNote: () => void): AtFrame {
  const t = useT();
  const { station, state } = desk;
  const { task, work, act, prediction } = frame;
  const [hidden, setHidden] = useState(false);
  const [own, setOwn] = useState<string | null>(null);
  const correcting = state.looking !== null;
  const draws = task?.draw_boxes ?? false;
  const deciding = task?.round === "adjudication" && task.earlier.length > 0 && !correcting;
  const comparing = deciding && own !== frame.key;
  const label = imageLabel(work);

  const say = (outcome: LabelOutcome, word: string | null, boxes = work.boxes) => {
    const words = word ?? t(`label.outcome.${outcome}`);
    if (!frame.answer(outcome, outcome === "labeled" ? word : null, boxes)) return said.hint(t("label.wait_image"));
    const next = station.shown();
    const what = correcting ? t("label.said_corrected", { label: words }) : words;
    const aloud = next
      ? t("label.announce_next", { said: what, frame: next.frame_id })
      : t("label.announce_empty", { said: what });
    said.say(what, aloud);
  };
  const submit = () => {
    if (!task) return;
    if (work.outcome !== null && work.outcome !== "labeled") say(work.outcome, null);
    else if (label === null) said.hint(t("label.choose_first"));
    else say("labeled", label);
  };
  const choose = (word: string) => {
    if (!draws) return say("labeled", word);
    if (comparing) setOwn(frame.key);
    act({ do: "class", label: word });
  };
  const take = (who: "A" | "B") => {
    const earlier = task?.earlier.find((one) => one.who === who);
    if (!earlier || !deciding) return;
    if (!draws) return say(earlier.outcome, earlier.label, earlier.boxes);
    act({ do: "take", label: earlier.label, boxes: earlier.boxes, outcome: earlier.outcome });
    setOwn(frame.key);
  };
  const accept = () => {
    if (!task) return;
    const says = task.prediction;
    if (!says) return said.hint(t(task.round === "second" ? "label.prediction_blind" : "label.prediction_none"));
    if (!prediction.shown) {
      prediction.reveal();
      return said.hint(t("label.prediction_first"));
    }
    const word = says.label;
    if (word === null || (task.classes.length > 0 && !task.classes.includes(word)))
      return said.hint(t("label.prediction_foreign", { label: word ?? "–" }));
    if (comparing) setOwn(frame.key);
    if (draws) act({ do: "take", label: word, boxes: says.boxes });
    else say("labeled", word);
  };
  return {
    label,
    deciding,
    comparing,
    hidden,
    choose,
    tool: (tool) => {
      if (comparing) setOwn(frame.key);
      act({ do: "tool", tool });
    },
    toggleCompare: () => deciding && setOwn(comparing ? frame.key : null),
    add: (area) => {
      if (comparing) setOwn(frame.key);
      act({ do: "new", area });
    },
    number: (key) => {
      const word = task?.classes[key - 1];
      if (word === undefined) said.hint(t("label.no_such_key", { key }));
      else choose(word);
    },
    accept,
    submit,
    outcome: (outcome) => task && say(outcome, null),
    back: () => {
      if (!station.back()) said.hint(t(state.past.length === 0 ? "label.back_none" : "label.back_end"));
    },
    escape: () => {
      if (work.tool !== "none" || work.selected !== null || work.points.length > 0) act({ do: "escape" });
      else if (correcting) station.present();
      else if (deciding) setOwn(null);
    },
    note: focusNote,
    hide: () => setHidden(!hidden),
    togglePrediction: () => {
      if (task?.prediction) prediction.toggle();
    },
    take,
  };
}
