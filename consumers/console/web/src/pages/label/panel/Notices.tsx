import { Button, Text, UnstyledButton } from "@mantine/core";
import { ArrowLeft, ArrowRight, CircleAlert, History, TriangleAlert, X, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import type { RecentLabel } from "@/api/types";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { problemWhy } from "@/i18n/problems";
import type { Refused } from "../model/outbox";
import styles from "./Notices.module.css";

function Notice({
  icon: Icon,
  kind,
  children,
  acts,
}: {
  icon: LucideIcon;
  kind: "warn" | "bad" | "plain";
  children: ReactNode;
  acts: ReactNode;
}) {
  return (
    <div className={styles.notice} data-kind={kind} role={kind === "plain" ? "status" : "alert"}>
      <Icon size={16} aria-hidden />
      <span className={styles.words}>{children}</span>
      {acts}
    </div>
  );
}

/** A past label is on the screen. */
export function Correcting({
  label,
  onOlder,
  onNewer,
  onBack,
}: {
  label: RecentLabel;
  onOlder: () => void;
  onNewer: () => void;
  onBack: () => void;
}) {
  const t = useT();
  const format = useFormat();
  return (
    <Notice
      icon={History}
      kind="plain"
      acts={
        <>
          <Button size="compact-sm" variant="subtle" leftSection={<ArrowLeft size={14} />} onClick={onOlder}>
            {t("label.correcting_older")}
          </Button>
          <Button size="compact-sm" variant="subtle" rightSection={<ArrowRight size={14} />} onClick={onNewer}>
            {t("label.correcting_newer")}
          </Button>
          <Button size="compact-sm" variant="default" onClick={onBack}>
            {t("label.correcting_back")}
          </Button>
        </>
      }
    >
      {t("label.correcting", {
        label: label.label ?? t(`label.outcome.${label.outcome}`),
        when: format.relative(label.labeled_at_us),
      })}
    </Notice>
  );
}

/** The frame in hand is no longer to be answered, or may be somebody else's. */
export function Gone({ why, onNext }: { why: "lost" | "closed"; onNext: () => void }) {
  const t = useT();
  return (
    <Notice
      icon={TriangleAlert}
      kind="warn"
      acts={
        <Button size="compact-sm" variant="default" onClick={onNext}>
          {t("label.next")}
        </Button>
      }
    >
      {t(`label.${why}`)}
    </Notice>
  );
}

/** The server did not take a decision: what it was, why, and a way to say it again. */
export function Refusal({
  refused,
  onAgain,
  onDismiss,
}: {
  refused: Refused;
  onAgain: () => void;
  onDismiss: () => void;
}) {
  const t = useT();
  const { body, task } = refused.entry;
  const why = problemWhy(refused.code, refused.detail);
  return (
    <Notice
      icon={CircleAlert}
      kind="bad"
      acts={
        <>
          <Button size="compact-sm" variant="default" onClick={onAgain}>
            {t("label.refused_again")}
          </Button>
          <UnstyledButton aria-label={t("label.refused_dismiss")} className={styles.close} onClick={onDismiss}>
            <X size={15} />
          </UnstyledButton>
        </>
      }
    >
      {t("label.refused", {
        label: body.label ?? t(`label.outcome.${body.outcome}`),
        frame: task.frame_id,
        detail: why.text === null ? refused.detail : t(why.text),
      })}
      {why.text !== null && (
        <Text component="span" display="block" size="xs" lang="en">
          {why.words}
        </Text>
      )}
    </Notice>
  );
}
