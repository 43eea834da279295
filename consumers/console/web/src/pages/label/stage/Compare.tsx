import { Button } from "@mantine/core";
import type { Ref } from "react";
import type { EarlierLabel } from "@/api/types";
import { Key } from "@/components/Keys";
import { useT } from "@/i18n";
import type { Picture } from "../model/pictures";
import styles from "./Compare.module.css";
import { ImageStage, type StageActs } from "./ImageStage";
import type { Sticky } from "./sticky";

interface Props {
  earlier: readonly EarlierLabel[];
  picture: Picture;
  frame: string;
  sticky: Sticky;
  hidden: boolean;
  /** Zooming by key moves both sides, so one of them does it. */
  acts: Ref<StageActs>;
  onSticky: (change: Partial<Sticky>) => void;
  onTake: (who: "A" | "B") => void;
}

const KEYS = { A: "Q", B: "W" } as const;

/** What two people said of one frame, side by side; zoom and pan go together. Who they are is not told. */
export function Compare({ earlier, picture, frame, sticky, hidden, acts, onSticky, onTake }: Props) {
  const t = useT();
  return (
    <div className={styles.compare}>
      {earlier.map((one, index) => (
        <section key={one.who} className={styles.side} aria-label={one.who}>
          <header className={styles.head}>
            <span className={styles.who}>{one.who}</span>
            <span className={`${styles.label ?? ""} lw-ellipsis`}>
              {one.outcome === "labeled"
                ? (one.label ?? t("label.compare_no_label"))
                : t(`label.outcome.${one.outcome}`)}
            </span>
            {one.note && <span className="lw-ellipsis lw-dim">{one.note}</span>}
            <Button
              size="compact-md"
              variant="default"
              className={styles.take}
              aria-keyshortcuts={KEYS[one.who]}
              rightSection={<Key hidden>{KEYS[one.who]}</Key>}
              onClick={() => onTake(one.who)}
            >
              {t("label.compare_take", { who: one.who })}
            </Button>
          </header>
          <ImageStage
            {...(index === 0 ? { acts } : {})}
            picture={picture}
            name={`${frame} ${one.who}`}
            sticky={sticky}
            onSticky={onSticky}
            boxes={hidden ? [] : one.boxes}
          />
        </section>
      ))}
    </div>
  );
}
