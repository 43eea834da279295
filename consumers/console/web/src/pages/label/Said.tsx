import { UnstyledButton } from "@mantine/core";
import { Check, Info } from "lucide-react";
import { useEffect, useState } from "react";
import { Key } from "@/components/Keys";
import { useT } from "@/i18n";
import styles from "./LabelPage.module.css";
import type { Work } from "./model/work";

interface Line {
  kind: "said" | "hint";
  text: string;
  number: number;
}

export interface SaidState {
  line: Line | null;
  /** What a screen reader is told. */
  aloud: string;
  say: (text: string, aloud: string) => void;
  hint: (text: string) => void;
}

const STAYS_MS = 3_000;

export function useSaid(): SaidState {
  const [line, setLine] = useState<Line | null>(null);
  const [aloud, setAloud] = useState("");
  useEffect(() => {
    if (!line) return;
    const timer = setTimeout(() => setLine(null), STAYS_MS);
    return () => clearTimeout(timer);
  }, [line]);
  const show = (kind: Line["kind"], text: string, spoken: string) => {
    setLine((was) => ({ kind, text, number: (was?.number ?? 0) + 1 }));
    setAloud(spoken);
  };
  return {
    line,
    aloud,
    say: (text, spoken) => show("said", text, spoken),
    hint: (text) => show("hint", text, text),
  };
}

/** What was just said, or what stands in the way, low on the image for a moment; and what a tool waits for. */
export function Said({
  said,
  work,
  draws,
  filled,
  onUndo,
}: {
  said: SaidState;
  work: Work;
  draws: boolean;
  filled: boolean;
  onUndo: () => void;
}) {
  const t = useT();
  const { line } = said;
  const waits =
    work.tool === "extreme"
      ? `${t("label.draws", { label: work.drawClass })} · ${t("label.extreme_left", { left: 4 - work.points.length })}`
      : work.tool === "box"
        ? `${t("label.draws", { label: work.drawClass })} · ${t("label.tool_box_hint")}`
        : filled && !draws
          ? t("label.filled")
          : null;
  return (
    <>
      <div className="lw-visually-hidden" aria-live="polite" data-testid="announcer">
        {said.aloud}
      </div>
      <div className={styles.said}>
        {line && (
          <div key={line.number} className={styles.chip} data-kind={line.kind} aria-hidden>
            {line.kind === "said" ? <Check size={15} /> : <Info size={15} />}
            <span>{line.text}</span>
            {line.kind === "said" && (
              <UnstyledButton className={styles.undo} tabIndex={-1} onClick={onUndo}>
                <Key>Z</Key> {t("label.said_undo")}
              </UnstyledButton>
            )}
          </div>
        )}
        {!line && waits !== null && <div className={styles.chip}>{waits}</div>}
      </div>
    </>
  );
}
