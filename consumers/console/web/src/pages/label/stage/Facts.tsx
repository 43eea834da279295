import { Tooltip } from "@mantine/core";
import type { TaskWithoutLease } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { Truncated } from "@/components/Truncated";
import { VerdictBadge } from "@/components/VerdictBadge";
import { useFormat } from "@/format";
import { useT, type TextKey } from "@/i18n";
import styles from "./Facts.module.css";

const REASONS: Record<string, TextKey> = {
  review: "label.reason.review",
  near_threshold: "label.reason.near_threshold",
  random_sample: "label.reason.random_sample",
  drift: "label.reason.drift",
  shadow_disagreement: "label.reason.shadow_disagreement",
  request: "label.reason.request",
  second_label: "label.reason.second_label",
  adjudication: "label.reason.adjudication",
};

function Round({ task }: { task: TaskWithoutLease }) {
  const t = useT();
  if (task.round !== "second" && task.round !== "adjudication") return null;
  return (
    <Tooltip label={t(`label.round.${task.round}_hint`)} multiline maw={340}>
      <span className={styles.chip} data-strong tabIndex={0}>
        {t(`label.round.${task.round}`)}
      </span>
    </Tooltip>
  );
}

/** One line above the image: which frame, when, why it is asked, and what the model said where one may know. */
export function Facts({ task, predicted }: { task: TaskWithoutLease; predicted: boolean }) {
  const t = useT();
  const format = useFormat();
  const reason = REASONS[task.reason];
  const shows = predicted && task.prediction;
  return (
    <div className={styles.facts}>
      <Truncated className={styles.name ?? ""}>{task.frame_id}</Truncated>
      <span className={styles.dim}>
        <RelativeTime us={task.captured_at_us} />
      </span>
      {task.part_id !== null && (
        <span className={`${styles.dim ?? ""} lw-ellipsis`}>{t("label.part", { part: task.part_id })}</span>
      )}
      <Round task={task} />
      {task.round === "first" && <span className={styles.chip}>{reason ? t(reason) : task.reason}</span>}
      {task.skill !== null && <span className={styles.chip}>{t("label.skill", { skill: task.skill })}</span>}
      <span className={styles.space} />
      {shows && task.verdict && <VerdictBadge verdict={task.verdict} />}
      {shows && (
        <span className={styles.prediction}>
          {shows.label ?? t("label.compare_no_label")}{" "}
          <span className="lw-figures">{format.number(shows.score, 2)}</span>
        </span>
      )}
    </div>
  );
}
