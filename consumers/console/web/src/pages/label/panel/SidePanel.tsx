import { Textarea } from "@mantine/core";
import type { RefObject } from "react";
import { useT } from "@/i18n";
import { useLabelEdges } from "../calls";
import type { AtFrame } from "../deeds";
import type { Frame } from "../frame";
import { Boxes } from "./Boxes";
import { Classes } from "./Classes";
import { Decisions } from "./Decisions";
import styles from "./Panel.module.css";
import { Progress } from "./Progress";
import { QueuePicker } from "./QueuePicker";

interface Props {
  edgeId: string | null;
  waiting: number;
  frame: Frame;
  at: AtFrame;
  correcting: boolean;
  noteRef: RefObject<HTMLTextAreaElement | null>;
  onDone: () => void;
}

/** Beside the image: how the shift goes, what one may say, what one drew, a note. */
export function SidePanel({ edgeId, waiting, frame, at, correcting, noteRef, onDone }: Props) {
  const t = useT();
  const { task, work, act } = frame;
  const edge = useLabelEdges().data?.find((one) => one.edge_id === task?.edge_id);
  const draws = task?.draw_boxes ?? false;
  const selected = work.selected === null ? null : (work.boxes[work.selected]?.label ?? null);
  const submit = correcting ? t("label.correct") : draws || frame.filled ? t("label.submit") : null;
  return (
    <aside className={styles.panel} aria-label={t("label.panel")}>
      <div className={styles.head}>
        <QueuePicker />
        <Progress edgeId={edgeId} waiting={waiting} />
      </div>
      <div className={styles.scroll}>
        {task && (
          <>
            <h2 className={styles.title}>
              {t("label.classes")}
              {draws && (
                <span>
                  {t("label.image_class")}: <strong>{at.label ?? "–"}</strong>
                </span>
              )}
            </h2>
            <Classes classes={task.classes} edge={edge} chosen={selected ?? at.label} onChoose={at.choose} />
            {draws && (
              <>
                <h2 className={styles.title}>{t("label.boxes")}</h2>
                <Boxes
                  boxes={work.boxes}
                  selected={work.selected}
                  onSelect={(index) => act({ do: "select", index })}
                  onDelete={(index) => {
                    act({ do: "select", index });
                    act({ do: "delete" });
                  }}
                />
              </>
            )}
            <h2 className={styles.title} id="label-note">
              {t("label.note")}
            </h2>
            <Textarea
              ref={noteRef}
              className={styles.note ?? ""}
              aria-labelledby="label-note"
              placeholder={t("label.note_hint")}
              autosize
              minRows={1}
              maxRows={5}
              maxLength={1000}
              value={work.note}
              onChange={(event) => act({ do: "note", note: event.currentTarget.value })}
              onKeyDown={(event) => {
                if (event.key === "Escape") onDone();
              }}
            />
          </>
        )}
      </div>
      {task && (
        <div className={styles.foot}>
          <Decisions submit={submit} onSubmit={at.submit} onOutcome={at.outcome} />
        </div>
      )}
    </aside>
  );
}
