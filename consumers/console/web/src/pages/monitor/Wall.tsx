import { Button, SegmentedControl } from "@mantine/core";
import { Camera, Pause, Play } from "lucide-react";
import { useState } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { useEdges } from "@/api/plant";
import type { InspectionView, Verdict } from "@/api/types";
import { useKeyActs } from "@/app/keys";
import { usePlace } from "@/app/place";
import { PageHeader } from "@/components/PageHeader";
import { EmptyState, ErrorState, Waiting } from "@/components/States";
import { VERDICTS } from "@/components/VerdictBadge";
import { useT } from "@/i18n";
import { EdgeStrip } from "./EdgeStrip";
import { InspectionPanel } from "./InspectionPanel";
import styles from "./monitor.module.css";
import { useWall } from "./useWall";
import { VerdictTile } from "./VerdictTile";
import { edgesAt } from "./wall-model";

const ALL = "all";

function isVerdict(word: string | null): word is Verdict {
  return VERDICTS.some((verdict) => verdict === word);
}

/** The live wall of verdicts with the edges above it and the inspection chosen beside it. */
export function Wall() {
  const t = useT();
  const navigate = useNavigate();
  const [parameters, setParameters] = useSearchParams();
  const { camera, sequence } = useParams();
  const [place] = usePlace();
  const [paused, setPaused] = useState(false);
  const edges = useEdges();
  const word = parameters.get("verdict");
  const verdict = isVerdict(word) ? word : null;
  const { query, waiting } = useWall(edgesAt(place, edges.data ?? []), verdict, paused);
  const chosen = camera !== undefined && sequence !== undefined ? `${camera}/${sequence}` : null;
  const shown = query.data ?? [];

  const search = parameters.toString();
  const open = (inspection: InspectionView | undefined) => {
    if (!inspection) return;
    void navigate({
      pathname: `/monitor/frames/${encodeURIComponent(inspection.camera_id)}/${inspection.sequence}`,
      search,
    });
  };
  const close = () => void navigate({ pathname: "/monitor", search });
  const step = (by: number) => {
    const at = shown.findIndex((one) => one.frame_id === chosen);
    open(shown[at < 0 ? 0 : Math.min(Math.max(at + by, 0), shown.length - 1)]);
  };
  const choose = (next: string) =>
    setParameters((before) => {
      const after = new URLSearchParams(before);
      if (next === ALL) after.delete("verdict");
      else after.set("verdict", next);
      return after;
    });
  useKeyActs([
    { keys: ["p"], text: t("monitor.keys_pause"), act: () => setPaused((was) => !was) },
    { keys: ["ArrowRight"], text: t("monitor.keys_next"), act: () => step(1), repeats: true },
    { keys: ["ArrowLeft"], text: t("monitor.keys_previous"), act: () => step(-1), repeats: true },
    { keys: ["Escape"], text: t("monitor.keys_close"), act: () => (chosen === null ? false : close()) },
  ]);

  return (
    <div className={styles.page}>
      <PageHeader
        title={place.edge ?? place.line ?? t("nav.monitor")}
        beside={paused && waiting > 0 ? t("monitor.waiting", { count: waiting }) : null}
        actions={
          <>
            <SegmentedControl
              size="xs"
              aria-label={t("monitor.filter")}
              value={verdict ?? ALL}
              onChange={choose}
              data={[
                { value: ALL, label: t("monitor.all") },
                ...VERDICTS.map((one) => ({ value: one, label: t(`verdict.${one}`) })),
              ]}
            />
            <Button
              size="xs"
              variant="default"
              aria-pressed={paused}
              leftSection={paused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
              onClick={() => setPaused((was) => !was)}
            >
              {paused ? t("monitor.resume") : t("monitor.pause")}
            </Button>
          </>
        }
      />
      <EdgeStrip edges={edges.data ?? []} place={place} />
      <div className={styles.body} data-open={chosen !== null}>
        <section className={styles.wall} aria-label={t("monitor.wall")}>
          {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
          {query.isPending && <Waiting />}
          {query.data?.length === 0 && (
            <EmptyState icon={Camera} title={verdict === null ? t("monitor.empty") : t("monitor.empty_filter")}>
              {verdict === null ? t("monitor.empty_hint") : t("monitor.empty_filter_hint")}
            </EmptyState>
          )}
          {shown.length > 0 && (
            <ul className={styles.grid}>
              {shown.map((one) => (
                <VerdictTile
                  key={one.frame_id}
                  inspection={one}
                  chosen={one.frame_id === chosen}
                  onOpen={() => open(one)}
                />
              ))}
            </ul>
          )}
        </section>
        {camera !== undefined && sequence !== undefined && (
          <InspectionPanel camera={camera} sequence={sequence} onClose={close} />
        )}
      </div>
    </div>
  );
}
