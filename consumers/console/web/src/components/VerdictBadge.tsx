import { Ban, CircleCheck, CircleX, Eye, type LucideIcon } from "lucide-react";
import type { Verdict } from "@/api/types";
import { useT } from "@/i18n";
import styles from "./VerdictBadge.module.css";

export const VERDICT_ICONS: Record<Verdict, LucideIcon> = { pass: CircleCheck, fail: CircleX, review: Eye, error: Ban };
export const VERDICTS: readonly Verdict[] = ["pass", "fail", "review", "error"];

/** A verdict: always one colour, one icon and the word. */
export function VerdictBadge({ verdict, size = "md" }: { verdict: Verdict; size?: "sm" | "md" }) {
  const t = useT();
  const Icon = VERDICT_ICONS[verdict];
  return (
    <span className={styles.badge} data-verdict={verdict} data-size={size}>
      <Icon size={size === "sm" ? 12 : 14} strokeWidth={2.25} aria-hidden />
      {t(`verdict.${verdict}`)}
    </span>
  );
}
