import { Tooltip } from "@mantine/core";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { useProgress } from "../calls";
import styles from "./Panel.module.css";

/** The shift: what I did today, what is left, how quick I am. What waits to be sent counts as done. */
export function Progress({ edgeId, waiting }: { edgeId: string | null; waiting: number }) {
  const t = useT();
  const format = useFormat();
  const progress = useProgress(edgeId).data;
  const figures = [
    {
      name: t("label.mine"),
      value: progress && format.number(progress.mine_today + waiting),
      hint: progress && t("label.team", { count: progress.team_today }),
    },
    { name: t("label.left"), value: progress && format.number(Math.max(0, progress.queue_left - waiting)) },
    {
      name: t("label.pace"),
      value: progress && (progress.seconds_per_label === null ? "–" : format.number(progress.seconds_per_label, 1)),
      hint: t("label.pace_long"),
    },
  ];
  return (
    <dl className={styles.figures}>
      {figures.map(({ name, value, hint }) => (
        <Tooltip key={name} label={hint} disabled={hint === undefined}>
          <div>
            <dt>{name}</dt>
            <dd className="lw-figures">{value ?? "–"}</dd>
          </div>
        </Tooltip>
      ))}
    </dl>
  );
}
