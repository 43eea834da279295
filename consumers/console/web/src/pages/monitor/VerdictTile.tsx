import { memo } from "react";
import type { InspectionView } from "@/api/types";
import { ImageWithBoxes } from "@/components/ImageWithBoxes";
import { RelativeTime } from "@/components/RelativeTime";
import { VerdictBadge } from "@/components/VerdictBadge";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import styles from "./monitor.module.css";

interface Props {
  inspection: InspectionView;
  chosen: boolean;
  onOpen: () => void;
}

/** One verdict on the wall: the image with its boxes, what was said, how surely, and how long it took. */
export const VerdictTile = memo(
  function VerdictTile({ inspection, chosen, onOpen }: Props) {
    const t = useT();
    const format = useFormat();
    const total = inspection.latency_ms.total;
    return (
      <li>
        <button
          type="button"
          className={styles.tile}
          data-chosen={chosen}
          data-verdict={inspection.verdict}
          aria-current={chosen}
          onClick={onOpen}
        >
          <span className={styles.picture}>
            <ImageWithBoxes
              src={inspection.thumbnail_url}
              alt={t("image.alt", { frame: inspection.frame_id })}
              boxes={inspection.boxes}
              width={inspection.image_width}
              height={inspection.image_height}
              labels={false}
              fit="contain"
            />
          </span>
          <span className={styles.line}>
            <VerdictBadge verdict={inspection.verdict} size="sm" />
            <span className="lw-ellipsis">{inspection.defect_class ?? ""}</span>
            <span className={styles.figure}>
              {inspection.score === null ? "–" : format.number(inspection.score, 2)}
            </span>
          </span>
          <span className={styles.small}>
            <span className="lw-ellipsis">{inspection.frame_id}</span>
            <span className={styles.figure}>{`${format.number(total)} ms`}</span>
          </span>
          <span className={styles.small}>
            <span className="lw-ellipsis">{inspection.edge_id}</span>
            <RelativeTime us={inspection.inspected_at_us} />
          </span>
        </button>
      </li>
    );
  },
  (before, after) => before.inspection === after.inspection && before.chosen === after.chosen,
);
