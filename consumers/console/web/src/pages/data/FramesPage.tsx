import { Button, SegmentedControl, Select, Text } from "@mantine/core";
import { Check, Images, MessageCircleQuestion } from "lucide-react";
import { useState } from "react";
import { useAskForLabels } from "@/api/asking";
import { useSession } from "@/api/session";
import type { InspectionView, Verdict } from "@/api/types";
import { usePages } from "@/api/usePages";
import { useKeyActs } from "@/app/keys";
import { usePlace } from "@/app/place";
import { More } from "@/components/More";
import { EmptyState, ErrorState, Waiting } from "@/components/States";
import { VERDICTS, VerdictBadge } from "@/components/VerdictBadge";
import { ImageWithBoxes } from "@/components/ImageWithBoxes";
import { RelativeTime } from "@/components/RelativeTime";
import { useT } from "@/i18n";
import { may } from "@/permissions";
import styles from "./data.module.css";
import { DataHeader } from "./DataHeader";
import { chosenAfter } from "./selection";

const PAGE = 60;
const ALL = "all";

type Labeled = "all" | "yes" | "no";

function useFrames(edge: string | null, verdict: Verdict | null, labeled: Labeled) {
  return usePages<InspectionView>("/api/inspections", {
    edge_id: edge,
    verdict,
    labeled: labeled === "all" ? null : labeled === "yes",
    limit: PAGE,
  });
}

interface CellProps {
  inspection: InspectionView;
  chosen: boolean;
  onChoose: (event: { shiftKey: boolean }) => void;
}

function FrameCell({ inspection, chosen, onChoose }: CellProps) {
  const t = useT();
  return (
    <li>
      <button type="button" className={styles.cell} aria-pressed={chosen} data-chosen={chosen} onClick={onChoose}>
        <span className={styles.cellImage}>
          <ImageWithBoxes
            src={inspection.thumbnail_url}
            alt={t("image.alt", { frame: inspection.frame_id })}
            boxes={inspection.boxes}
            width={inspection.image_width}
            height={inspection.image_height}
            labels={false}
            fit="contain"
          />
          <span className={styles.tick} aria-hidden>
            <Check size={14} strokeWidth={3} />
          </span>
        </span>
        <span className={styles.cellLine}>
          <VerdictBadge verdict={inspection.verdict} size="sm" />
          <span className="lw-ellipsis">{inspection.label?.label ?? t("data.unlabeled")}</span>
        </span>
        <span className={styles.cellSmall}>
          <span className="lw-ellipsis">{inspection.frame_id}</span>
          <RelativeTime us={inspection.captured_at_us} />
        </span>
      </button>
    </li>
  );
}

/** Frames as a grid to choose from: ask for labels of some, or see what is there. */
export function FramesPage() {
  const t = useT();
  const person = useSession().data?.person;
  const [place] = usePlace();
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [labeled, setLabeled] = useState<Labeled>("all");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [anchor, setAnchor] = useState<string | null>(null);
  const { query, items: shown } = useFrames(place.edge, verdict, labeled);
  const ask = useAskForLabels(t("data.ask_note"));
  const picked = shown.filter((one) => chosen.has(one.frame_id));
  const mayAsk = person !== null && person !== undefined && may(person, "ask_for_labels");

  const choose = (frame: string, range: boolean) => {
    const order = shown.map((one) => one.frame_id);
    setChosen((before) => chosenAfter(before, order, frame, range ? anchor : null));
    setAnchor(frame);
  };
  const clear = () => {
    setChosen(new Set());
    setAnchor(null);
  };
  useKeyActs([
    { keys: ["Escape"], text: t("data.keys_clear"), act: () => (chosen.size === 0 ? false : clear()) },
    {
      keys: ["Ctrl+a"],
      text: t("data.keys_all"),
      act: () => setChosen(new Set(shown.map((one) => one.frame_id))),
    },
  ]);

  return (
    <div className={styles.page}>
      <DataHeader
        actions={
          mayAsk && (
            <Button
              size="xs"
              leftSection={<MessageCircleQuestion size={14} aria-hidden />}
              disabled={picked.length === 0}
              loading={ask.isPending}
              onClick={() => ask.mutate(picked, { onSuccess: clear })}
            >
              {picked.length === 0 ? t("asking.ask") : t("data.ask_count", { count: picked.length })}
            </Button>
          )
        }
      />
      <div className={styles.filters}>
        <SegmentedControl
          size="xs"
          aria-label={t("data.filter_verdict")}
          value={verdict ?? ALL}
          onChange={(next) => setVerdict(next === ALL ? null : next)}
          data={[
            { value: ALL, label: t("data.all_verdicts") },
            ...VERDICTS.map((one) => ({ value: one, label: t(`verdict.${one}`) })),
          ]}
        />
        <Select
          size="xs"
          w={150}
          aria-label={t("data.filter_labeled")}
          allowDeselect={false}
          value={labeled}
          onChange={(next) => setLabeled(next as Labeled)}
          data={[
            { value: "all", label: t("data.labeled_all") },
            { value: "yes", label: t("data.labeled_yes") },
            { value: "no", label: t("data.labeled_no") },
          ]}
        />
        <Text size="xs" className="lw-dim" ml="auto">
          {mayAsk ? t("data.select_hint") : ""}
        </Text>
      </div>
      <div className={styles.scroll} tabIndex={0}>
        {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
        {query.isPending && <Waiting />}
        {query.isSuccess && shown.length === 0 && (
          <EmptyState icon={Images} title={t("data.no_frames")}>
            {t("data.no_frames_hint")}
          </EmptyState>
        )}
        <ul className={styles.grid}>
          {shown.map((one) => (
            <FrameCell
              key={one.frame_id}
              inspection={one}
              chosen={chosen.has(one.frame_id)}
              onChoose={(event) => choose(one.frame_id, event.shiftKey)}
            />
          ))}
        </ul>
        <More query={query} />
      </div>
    </div>
  );
}
