import { ActionIcon, Anchor, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { MessageCircleQuestion, X } from "lucide-react";
import { useAskForLabels } from "@/api/asking";
import { request } from "@/api/client";
import { useSession } from "@/api/session";
import type { InspectionView } from "@/api/types";
import { Facts } from "@/components/Facts";
import { ImageWithBoxes } from "@/components/ImageWithBoxes";
import { RelativeTime } from "@/components/RelativeTime";
import { ErrorState, Waiting } from "@/components/States";
import { Truncated } from "@/components/Truncated";
import { VerdictBadge } from "@/components/VerdictBadge";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { may } from "@/permissions";
import styles from "./monitor.module.css";

const STAGES = ["transport", "queue", "decode", "preprocess", "infer", "judge"] as const;

function Scores({ inspection }: { inspection: InspectionView }) {
  const format = useFormat();
  const scores = Object.entries(inspection.scores).sort(([, one], [, other]) => other - one);
  if (scores.length === 0) return null;
  return (
    <ul className={styles.scores}>
      {scores.map(([name, score]) => (
        <li key={name}>
          <Truncated>{name}</Truncated>
          <span className={styles.meter} aria-hidden>
            <span style={{ width: `${100 * Math.min(Math.max(score, 0), 1)}%` }} />
          </span>
          <span className={styles.figure}>{format.number(score, 3)}</span>
        </li>
      ))}
    </ul>
  );
}

function AskForLabel({ inspection }: { inspection: InspectionView }) {
  const t = useT();
  const ask = useAskForLabels(t("monitor.ask_note"));
  return (
    <Button
      size="xs"
      variant="default"
      loading={ask.isPending}
      disabled={ask.isSuccess}
      leftSection={<MessageCircleQuestion size={14} aria-hidden />}
      onClick={() => ask.mutate([inspection])}
    >
      {ask.isSuccess ? t("asking.done") : t("asking.ask")}
    </Button>
  );
}

function Details({ inspection }: { inspection: InspectionView }) {
  const t = useT();
  const format = useFormat();
  const person = useSession().data?.person;
  const { model, label } = inspection;
  const ms = (value: number | null) => (value === null ? "–" : `${format.number(value, 1)} ms`);
  return (
    <>
      <div className={styles.full}>
        <ImageWithBoxes
          src={inspection.image_url}
          alt={t("image.alt", { frame: inspection.frame_id })}
          boxes={inspection.boxes}
          width={inspection.image_width}
          height={inspection.image_height}
          loading="eager"
        />
      </div>
      <div className={styles.said}>
        <VerdictBadge verdict={inspection.verdict} />
        <span className={styles.reason}>{inspection.reason ?? inspection.defect_class ?? ""}</span>
        {person && may(person, "ask_for_labels") && <AskForLabel key={inspection.frame_id} inspection={inspection} />}
      </div>
      <Scores inspection={inspection} />
      <Facts
        rows={[
          [t("monitor.captured"), <RelativeTime key="at" us={inspection.captured_at_us} />],
          [t("monitor.edge"), <Truncated key="edge">{inspection.edge_id}</Truncated>],
          [
            t("monitor.part"),
            inspection.part_id === null ? "–" : <Truncated key="part">{inspection.part_id}</Truncated>,
          ],
          [t("monitor.product"), inspection.product ?? "–"],
          [
            t("monitor.model"),
            model === null ? (
              "–"
            ) : (
              <Truncated key="model">{`${model.name} ${model.version} (${model.kind})`}</Truncated>
            ),
          ],
          [t("monitor.digest"), model === null ? "–" : <Truncated key="digest">{model.digest}</Truncated>],
          [t("monitor.config"), inspection.config_revision],
          [
            t("monitor.label"),
            label === null
              ? t("monitor.no_label")
              : `${label.label ?? t(`monitor.outcome_${label.outcome}`)} (${label.labeler})`,
          ],
        ]}
      />
      <h2 className={styles.heading}>
        {t("monitor.latency")} <span className={styles.figure}>{ms(inspection.latency_ms.total)}</span>
        {inspection.deadline_missed && <strong className={styles.late}>{t("monitor.late")}</strong>}
      </h2>
      <Facts rows={STAGES.map((stage) => [t(`monitor.stage_${stage}`), ms(inspection.latency_ms[stage])] as const)} />
    </>
  );
}

/** Everything about one inspection, beside the wall. */
export function InspectionPanel({
  camera,
  sequence,
  onClose,
}: {
  camera: string;
  sequence: string;
  onClose: () => void;
}) {
  const t = useT();
  const query = useQuery({
    queryKey: ["inspections", "one", camera, sequence],
    queryFn: ({ signal }) =>
      request<InspectionView>("GET", `/api/inspections/${encodeURIComponent(camera)}/${encodeURIComponent(sequence)}`, {
        signal,
      }),
  });
  return (
    <aside className={styles.panel} aria-label={t("monitor.inspection")}>
      <div className={styles.panelHead}>
        <Truncated>{`${camera}/${sequence}`}</Truncated>
        <ActionIcon aria-label={t("act.close")} onClick={onClose}>
          <X size={16} aria-hidden />
        </ActionIcon>
      </div>
      {query.isPending && <Waiting />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && (
        <>
          <Details inspection={query.data} />
          <Anchor size="xs" href={query.data.image_url} download>
            {t("monitor.download")}
          </Anchor>
        </>
      )}
    </aside>
  );
}
