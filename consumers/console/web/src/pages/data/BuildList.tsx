import { Anchor, Button, Loader, Progress } from "@mantine/core";
import { CircleCheck, CircleSlash, TriangleAlert } from "lucide-react";
import { Link } from "react-router";
import { isGoing, useCancelBuild } from "@/api/datasets";
import type { Build } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import styles from "./data.module.css";
import { phaseKey, stateKey } from "./words";

const SHOWN = 4;

function StateIcon({ build }: { build: Build }) {
  if (isGoing(build)) return <Loader size={14} aria-hidden />;
  if (build.state === "done") return <CircleCheck size={16} className={styles.good} aria-hidden />;
  if (build.state === "cancelled") return <CircleSlash size={16} className="lw-dim" aria-hidden />;
  return <TriangleAlert size={16} className={styles.bad} aria-hidden />;
}

function BuildLine({ build, mayCancel }: { build: Build; mayCancel: boolean }) {
  const t = useT();
  const format = useFormat();
  const cancel = useCancelBuild();
  const going = isGoing(build);
  const phase = phaseKey(build.phase);
  return (
    <li className={styles.build}>
      <span className={styles.buildLine}>
        <StateIcon build={build} />
        <strong className="lw-ellipsis">{build.name}</strong>
        <span className="lw-dim">{t(stateKey(build.state))}</span>
        {build.preview && <span className="lw-dim">{t("data.preview_only")}</span>}
        <span className={styles.buildWhen}>
          <RelativeTime us={build.ended_at_us ?? build.asked_at_us} />
        </span>
        {going && mayCancel && (
          <Button
            size="compact-xs"
            variant="default"
            loading={cancel.isPending}
            onClick={() => cancel.mutate(build.build_id)}
          >
            {t("act.cancel")}
          </Button>
        )}
        {build.state === "done" && !build.preview && build.digest !== null && (
          <Anchor component={Link} size="sm" to={`/data/datasets/${encodeURIComponent(build.digest)}`}>
            {t("data.open")}
          </Anchor>
        )}
      </span>
      {going && (
        <>
          <Progress
            size="sm"
            value={build.total > 0 ? (100 * build.done) / build.total : 0}
            aria-label={t("data.progress", { name: build.name })}
          />
          <span className="lw-dim">
            {phase === null ? build.phase : t(phase)} {format.number(build.done)}
            {build.total > 0 && ` / ${format.number(build.total)}`}
          </span>
        </>
      )}
      {build.detail !== null && <p className={styles.buildDetail}>{build.detail}</p>}
      {build.missing.length > 0 && (
        <details className={styles.missing}>
          <summary>{t("data.missing_count", { count: build.missing.length })}</summary>
          <ul>
            {build.missing.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}

/** The builds that go on, and how the newest ones ended. */
export function BuildList({ builds, mayCancel }: { builds: readonly Build[]; mayCancel: boolean }) {
  const t = useT();
  const shown = builds.filter((build, at) => isGoing(build) || at < SHOWN);
  if (shown.length === 0) return null;
  return (
    <section className={`lw-panel ${styles.builds ?? ""}`} aria-label={t("data.builds")}>
      <h2>{t("data.builds")}</h2>
      <ul>
        {shown.map((build) => (
          <BuildLine key={build.build_id} build={build} mayCancel={mayCancel} />
        ))}
      </ul>
    </section>
  );
}
