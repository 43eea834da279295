import { Tooltip } from "@mantine/core";
import { useLine } from "@/api/useLive";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import styles from "./TopBar.module.css";

/** How the line to the server stands: a dot that changes its form too, and the word. */
export function LineDot() {
  const t = useT();
  const format = useFormat();
  const line = useLine();
  return (
    <Tooltip label={`${format.clock(line.since)} ${format.zone()}`}>
      <span className={styles.line} data-state={line.state} data-testid="line-state">
        <span className={styles.dot} aria-hidden />
        {t(`line.${line.state}`)}
      </span>
    </Tooltip>
  );
}
