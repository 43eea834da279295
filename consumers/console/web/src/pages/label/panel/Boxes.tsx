import { ActionIcon, UnstyledButton } from "@mantine/core";
import { X } from "lucide-react";
import type { Box } from "@/api/types";
import { useT } from "@/i18n";
import styles from "./Panel.module.css";

interface Props {
  boxes: readonly Box[];
  selected: number | null;
  onSelect: (index: number) => void;
  onDelete: (index: number) => void;
}

/** The boxes as a list: for eyes that don't see the image, and for hands without a mouse. */
export function Boxes({ boxes, selected, onSelect, onDelete }: Props) {
  const t = useT();
  if (boxes.length === 0) return <p className={styles.hint}>{t("label.boxes_none")}</p>;
  return (
    <ol className={styles.boxes}>
      {boxes.map((box, index) => (
        <li key={index} data-chosen={index === selected}>
          <UnstyledButton
            className={styles.box}
            aria-pressed={index === selected}
            aria-label={t("label.box_line", { ...box })}
            onClick={() => onSelect(index)}
          >
            <span className="lw-ellipsis">{box.label}</span>
            <span className={`${styles.size ?? ""} lw-figures`}>
              {box.w} × {box.h}
            </span>
          </UnstyledButton>
          <ActionIcon
            size="sm"
            aria-label={t("label.box_delete", { number: index + 1 })}
            onClick={() => onDelete(index)}
          >
            <X size={14} />
          </ActionIcon>
        </li>
      ))}
    </ol>
  );
}
