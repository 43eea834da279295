import { UnstyledButton } from "@mantine/core";
import { CloudOff } from "lucide-react";
import { useEffect, useState } from "react";
import { live, PATIENCE_MS } from "@/api/live";
import { useLine } from "@/api/useLive";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import styles from "./StaleBanner.module.css";

/** Whether the line has been lost for longer than a blink. */
function useLost(): number | null {
  const line = useLine();
  const since = line.state === "lost" ? line.since : null;
  const [shown, setShown] = useState<number | null>(null);
  useEffect(() => {
    if (since === null) return;
    const timer = setTimeout(() => setShown(since), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [since]);
  return since !== null && shown === since ? since : null;
}

/** A thin banner while the server is away: since when, and that nothing is lost. */
export function StaleBanner() {
  const t = useT();
  const format = useFormat();
  const since = useLost();
  return (
    <div role="status" aria-live="polite">
      {since !== null && (
        <div className={styles.banner}>
          <CloudOff size={14} aria-hidden />
          <span>{t("line.banner", { time: `${format.clock(since)} ${format.zone()}` })}</span>
          <UnstyledButton className={styles.retry} onClick={() => live.retryNow()}>
            {t("line.retry")}
          </UnstyledButton>
        </div>
      )}
    </div>
  );
}
