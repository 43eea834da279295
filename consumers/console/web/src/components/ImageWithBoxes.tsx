import { ImageOff } from "lucide-react";
import { useState } from "react";
import type { Box } from "@/api/types";
import { useT } from "@/i18n";
import { useFormat } from "@/format";
import styles from "./ImageWithBoxes.module.css";

interface Props {
  src: string;
  alt: string;
  boxes?: readonly Box[];
  /** Pixels the boxes refer to; without them the image's own size once it is there. */
  width?: number | null;
  height?: number | null;
  labels?: boolean;
  /** `contain` shows the whole image in the space there is, `natural` lets the image decide its height. */
  fit?: "contain" | "natural";
  loading?: "lazy" | "eager";
}

/** A box with words: percentages of the image, so that it follows whatever size the image is drawn at. */
function BoxMark({ box, size, labels }: { box: Box; size: { width: number; height: number }; labels: boolean }) {
  const format = useFormat();
  const above = box.y / size.height > 0.08;
  const rightHalf = box.x / size.width > 0.6;
  return (
    <span
      className={styles.box}
      style={{
        left: `${(100 * box.x) / size.width}%`,
        top: `${(100 * box.y) / size.height}%`,
        width: `${(100 * box.w) / size.width}%`,
        height: `${(100 * box.h) / size.height}%`,
      }}
    >
      {labels && (
        <span className={styles.label} data-above={above} data-right={rightHalf}>
          {box.label}
          {typeof box.score === "number" && <span className={styles.score}>{format.number(box.score, 2)}</span>}
        </span>
      )}
    </span>
  );
}

/** An image with white boxes on it that show on bright and dark metal alike; words stand outside their box. */
export function ImageWithBoxes({
  src,
  alt,
  boxes = [],
  width,
  height,
  labels = true,
  fit = "natural",
  loading = "lazy",
}: Props) {
  const t = useT();
  const [natural, setNatural] = useState<{ src: string; width: number; height: number } | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  if (failed === src) {
    return (
      <div className={styles.missing} role="img" aria-label={`${alt}: ${t("image.failed")}`}>
        <ImageOff size={20} strokeWidth={1.6} aria-hidden />
        {t("image.missing_title")}
      </div>
    );
  }
  const own = natural?.src === src ? natural : null;
  const size = width && height ? { width, height } : own;
  const shape = size ?? own;
  return (
    <span className={styles.frame} data-fit={fit}>
      <span className={styles.inner} style={shape ? { aspectRatio: `${shape.width} / ${shape.height}` } : undefined}>
        <img
          className={styles.image}
          src={src}
          alt={alt}
          loading={loading}
          decoding="async"
          draggable={false}
          onLoad={(event) =>
            setNatural({ src, width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })
          }
          onError={() => setFailed(src)}
        />
        {size && own && boxes.map((box, index) => <BoxMark key={index} box={box} size={size} labels={labels} />)}
      </span>
    </span>
  );
}
