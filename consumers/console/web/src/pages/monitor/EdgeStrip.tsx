import { Tooltip } from "@mantine/core";
import type { EdgeView } from "@/api/types";
import { usePlace, type Place } from "@/app/place";
import { WhyText } from "@/components/WhyText";
import { VERDICTS } from "@/components/VerdictBadge";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import styles from "./monitor.module.css";
import { edgeStateKey, shares } from "./wall-model";

function HourBar({ edge }: { edge: EdgeView }) {
  const t = useT();
  const format = useFormat();
  const parts = shares(edge.hour.verdicts, VERDICTS);
  const words = parts.map((part) => `${t(`verdict.${part.verdict}`)} ${format.number(part.count)}`).join(", ");
  return (
    <span className={styles.bar} role="img" aria-label={words || t("monitor.no_verdicts")}>
      {parts.map((part) => (
        <span key={part.verdict} data-verdict={part.verdict} style={{ flexGrow: part.share }} />
      ))}
    </span>
  );
}

function EdgeTile({ edge, chosen, onChoose }: { edge: EdgeView; chosen: boolean; onChoose: () => void }) {
  const t = useT();
  const format = useFormat();
  const { inspections, latency_p99_ms: p99, missing } = edge.hour;
  const state = edgeStateKey(edge.state);
  const trouble = edge.trouble_code ? (
    <WhyText why={{ text: `trouble.${edge.trouble_code}`, words: edge.trouble }} />
  ) : (
    edge.trouble
  );
  return (
    <Tooltip label={trouble ?? edge.model?.name ?? edge.edge_id} disabled={!edge.trouble && !edge.model}>
      <button type="button" className={styles.edge} data-chosen={chosen} aria-pressed={chosen} onClick={onChoose}>
        <span className={styles.line}>
          <span className={styles.dot} data-state={edge.trouble ? "trouble" : edge.state} aria-hidden />
          <span className="lw-ellipsis">{edge.edge_id}</span>
          <span className={styles.state}>{state === null ? edge.state : t(state)}</span>
        </span>
        <HourBar edge={edge} />
        <span className={styles.small}>
          <span>{t("monitor.per_hour", { count: inspections, shown: format.number(inspections) })}</span>
          <span className={styles.figure}>
            {missing > 0
              ? t("monitor.missing", { count: missing })
              : p99 === null
                ? ""
                : t("monitor.p99", { value: format.number(p99) })}
          </span>
        </span>
      </button>
    </Tooltip>
  );
}

/** The edges of the place as tiles: state, the last hour's verdicts, latency; a click looks at one of them alone. */
export function EdgeStrip({ edges, place }: { edges: readonly EdgeView[]; place: Place }) {
  const t = useT();
  const [, choose] = usePlace();
  const here = edges.filter((edge) => place.line === null || edge.line === place.line);
  if (here.length === 0) return null;
  return (
    <nav className={styles.strip} aria-label={t("monitor.edges")}>
      {here.map((edge) => (
        <EdgeTile
          key={edge.edge_id}
          edge={edge}
          chosen={place.edge === edge.edge_id}
          onChoose={() => choose({ ...place, edge: place.edge === edge.edge_id ? null : edge.edge_id })}
        />
      ))}
    </nav>
  );
}
