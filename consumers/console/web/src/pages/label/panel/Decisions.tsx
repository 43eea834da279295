import { Button, Tooltip } from "@mantine/core";
import type { LabelOutcome } from "@/api/types";
import { Key } from "@/components/Keys";
import { useT } from "@/i18n";
import styles from "./Panel.module.css";

const OTHERS = [
  { outcome: "unsure", key: "U", text: "label.unsure", hint: "label.unsure_hint" },
  { outcome: "skipped", key: "S", text: "label.skip", hint: "label.skip_hint" },
  { outcome: "unusable", key: "X", text: "label.unusable", hint: "label.unusable_hint" },
] as const;

interface Props {
  /** Words of the button that submits; null where a class submits by itself. */
  submit: string | null;
  onSubmit: () => void;
  onOutcome: (outcome: LabelOutcome) => void;
}

/** What one may say instead of a class. */
export function Decisions({ submit, onSubmit, onOutcome }: Props) {
  const t = useT();
  return (
    <div className={styles.decisions}>
      {submit !== null && (
        <Button
          fullWidth
          className={styles.submit}
          aria-keyshortcuts="Enter"
          rightSection={<Key hidden>Enter</Key>}
          onClick={onSubmit}
        >
          {submit}
        </Button>
      )}
      {OTHERS.map(({ outcome, key, text, hint }) => (
        <Tooltip key={outcome} label={t(hint)}>
          <Button
            variant="default"
            className={styles.other}
            aria-keyshortcuts={key}
            rightSection={<Key hidden>{key}</Key>}
            onClick={() => onOutcome(outcome)}
          >
            {t(text)}
          </Button>
        </Tooltip>
      ))}
    </div>
  );
}
