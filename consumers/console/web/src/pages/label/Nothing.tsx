import { Button, Skeleton } from "@mantine/core";
import { CheckCheck, CloudOff, CloudUpload } from "lucide-react";
import { usePlace } from "@/app/place";
import { EmptyState, ErrorState, Waiting } from "@/components/States";
import { useT } from "@/i18n";
import { retryLine, type AtDesk } from "./desk";
import styles from "./LabelPage.module.css";
import { whyNothing } from "./model/nothing";

/** No frame is in hand: still asking, nobody answers, or all is done. */
export function Nothing({ desk }: { desk: AtDesk }) {
  const t = useT();
  const [place, choose] = usePlace();
  const { state, sending, station } = desk;
  const why = whyNothing(state, sending);
  if (why === "offline") {
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
  if (why === "error") return <ErrorState error={state.error} onRetry={() => station.look()} />;
  if (why === "sending") {
    return (
      <EmptyState icon={CloudUpload} title={t("label.sending_title")}>
        {t("label.sending", { count: sending.pending.length })}
      </EmptyState>
    );
  }
  if (why === "asking") {
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
