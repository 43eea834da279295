import { notifications } from "@mantine/notifications";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { usePlace } from "@/app/place";
import { useT } from "@/i18n";
import { useDeeds } from "./deeds";
import { useDesk } from "./desk";
import { useFrame, type Frame } from "./frame";
import { useLabelKeys } from "./keyboard";
import styles from "./LabelPage.module.css";
import { sameArea } from "./model/geometry";
import type { Refused } from "./model/outbox";
import { Nothing } from "./Nothing";
import { Correcting, Gone, Refusal } from "./panel/Notices";
import { SidePanel } from "./panel/SidePanel";
import { Said, useSaid } from "./Said";
import { Compare } from "./stage/Compare";
import { Facts } from "./stage/Facts";
import { ImageStage, type StageActs } from "./stage/ImageStage";
import { useSticky } from "./stage/sticky";
import { ViewBar } from "./stage/ViewBar";

/** From the key to the next image on the screen, as a performance measure that the benchmark reads. */
function useMeasure(bitmap: ImageBitmap | null): void {
  useEffect(() => {
    if (!bitmap || performance.getEntriesByName("linewatch:answer").length === 0) return;
    performance.measure("linewatch:next-image", "linewatch:answer");
    performance.clearMarks("linewatch:answer");
  }, [bitmap]);
}

const editing = ({ work, act }: Frame): Parameters<typeof ImageStage>[0]["editing"] => ({
  selected: work.selected,
  tool: work.tool,
  points: work.points,
  onDrag: (from, to, image) => act({ do: "drag", from, to, image }),
  onPoint: (at, image) => act({ do: "point", at, image }),
  onSelect: (index) => act({ do: "select", index }),
  onPlace: (index, area) => act({ do: "place", index, area }),
});

/** Label: the image fills the page, one key says it, and the next one is there. */
export default function LabelPage() {
  const t = useT();
  const [place] = usePlace();
  const desk = useDesk(place.edge);
  const { station, outbox, pictures, state, sending } = desk;
  const past = state.looking === null ? undefined : state.past[state.looking];
  const url = (past?.task ?? state.tasks[0])?.image_url ?? null;
  const picture = useSyncExternalStore(pictures.watch, () => pictures.get(url));
  const frame = useFrame(desk, picture);
  const { task, work, prediction } = frame;
  const stage = useRef<StageActs>(null);
  const note = useRef<HTMLTextAreaElement>(null);
  const said = useSaid();
  const at = useDeeds(desk, frame, said, () => note.current?.focus());
  const [sticky, setSticky] = useSticky(task?.edge_id ?? place.edge ?? "");
  const possible = task?.prediction != null;
  const predicted = (prediction.shown && !at.hidden && task?.prediction?.boxes) || [];
  // A predicted box that was taken over is the person's now: not two on one place.
  const ghosts = predicted.filter((box) => !work.boxes.some((own) => sameArea(own, box)));
  const draws = task?.draw_boxes ?? false;
  useLabelKeys(frame, at, () => stage.current);
  useMeasure(picture.bitmap);
  useEffect(() => {
    document.title = `${t("label.title")} · linewatch`;
  }, [t]);
  useEffect(() => stage.current?.focus(), [frame.key, at.comparing]);

  const again = (refused: Refused) => {
    outbox.dismiss(refused);
    station.takeBack(refused).then(
      (back) => said.hint(back ? t("label.filled") : refused.detail),
      (error: unknown) => notifications.show({ color: "red", message: String(error) }),
    );
  };
  const shared = { picture, sticky, onSticky: setSticky, acts: stage };
  return (
    <div className={styles.page}>
      <h1 className="lw-visually-hidden">{t("label.title")}</h1>
      <div className={styles.main}>
        {sending.refused.map((refused) => (
          <Refusal
            key={refused.entry.name}
            refused={refused}
            onAgain={() => again(refused)}
            onDismiss={() => outbox.dismiss(refused)}
          />
        ))}
        {state.gone && !past && <Gone why={state.gone} onNext={() => station.drop()} />}
        {past && (
          <Correcting
            label={past}
            onOlder={at.back}
            onNewer={() => station.forward()}
            onBack={() => station.present()}
          />
        )}
        {task ? (
          <>
            <Facts task={task} predicted={prediction.shown} />
            <div className={styles.stage}>
              {at.comparing ? (
                <Compare {...shared} earlier={task.earlier} frame={task.frame_id} hidden={at.hidden} onTake={at.take} />
              ) : (
                <ImageStage
                  {...shared}
                  name={task.frame_id}
                  boxes={at.hidden ? [] : work.boxes}
                  ghosts={ghosts}
                  {...(draws ? { editing: editing(frame) } : {})}
                  onRetry={() => pictures.again(task.image_url)}
                />
              )}
              <Said said={said} work={work} draws={draws} filled={frame.filled} onUndo={at.back} />
            </div>
            <ViewBar
              sticky={sticky}
              onSticky={setSticky}
              onZoom={(factor) => stage.current?.zoom(factor)}
              onFit={() => stage.current?.fit()}
              prediction={{
                shown: prediction.shown,
                possible,
                why: t(task.round === "second" ? "label.prediction_blind" : "label.prediction_none"),
                toggle: prediction.toggle,
              }}
              boxes={draws || ghosts.length > 0 || at.hidden ? { hidden: at.hidden, toggle: at.hide } : null}
              tools={draws ? { tool: at.comparing ? "none" : work.tool, choose: at.tool } : null}
              compare={at.deciding ? { on: at.comparing, toggle: at.toggleCompare } : null}
              waiting={sending.pending.length}
            />
          </>
        ) : (
          <div className={styles.nothing}>
            <Nothing desk={desk} />
          </div>
        )}
      </div>
      <SidePanel
        edgeId={place.edge}
        waiting={sending.pending.length}
        frame={frame}
        at={at}
        correcting={past !== undefined}
        noteRef={note}
        onDone={() => stage.current?.focus()}
      />
    </div>
  );
}
