import { Button, Skeleton } from "@mantine/core";
import { CheckCheck, CloudOff } from "lucide-react";
import { OfflineError } from "@/api/problem";
import { usePlace } from "@/app/place";
import { EmptyState, ErrorState, Waiting } from "@/components/States";
import { useT } from "@/i18n";
import { retryLine, type AtDesk } from "./desk";
import styles from "./LabelPage.module.css";

/** No frame is in hand: still asking, nobody answers, or all is done. */
export function Nothing({ desk }: { desk: AtDesk }) {
  const t = useT();
  const [place, choose] = usePlace();
  const { state, sending, station } = desk;
  if (state.error instanceof OfflineError || (sending.stuck && sending.pending.length > 0)) {
    return (
      <EmptyState
        icon={CloudOff}
        title={t("label.offline_title")}
        action={
          <Button variant="default" onClick={retryLine}>
            {t("line.retry")}
          </Button>
        }
      >
        {sending.pending.length > 0 ? t("label.offline_kept", { count: sending.pending.length }) : t("state.offline")}
      </EmptyState>
    );
  }
  if (state.error) return <ErrorState error={state.error} onRetry={() => station.look()} />;
  if (!state.settled) {
    return (
      <Waiting>
        <div className={styles.skeleton}>
          <Skeleton height="100%" radius="md" />
        </div>
      </Waiting>
    );
  }
  return (
    <EmptyState
      icon={CheckCheck}
      title={place.edge === null ? t("label.empty_title") : t("label.empty_here", { edge: place.edge })}
      action={
        place.edge !== null && (
          <Button variant="default" onClick={() => choose({ line: null, edge: null })}>
            {t("label.empty_elsewhere")}
          </Button>
        )
      }
    >
      {t("label.empty")}
    </EmptyState>
  );
}
