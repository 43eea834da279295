import { Button, Code, Skeleton, Stack, Text, Title } from "@mantine/core";
import { CloudOff, TriangleAlert, type LucideIcon } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { OfflineError } from "@/api/problem";
import { useT } from "@/i18n";
import { errorWhy } from "@/i18n/problems";
import styles from "./States.module.css";
import { WhyText } from "./WhyText";

interface SaysWhat {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** What stands where nothing is yet: what will appear here, and how to make it appear. */
export function EmptyState({ icon: Icon, title, children, action }: SaysWhat) {
  return (
    <Stack className={styles.state} gap={6}>
      <span className={styles.mark}>
        <Icon size={22} strokeWidth={1.6} aria-hidden />
      </span>
      <Title order={2} size="h3">
        {title}
      </Title>
      {children !== undefined && (
        <Text component="div" size="sm" className={styles.words}>
          {children}
        </Text>
      )}
      {action !== undefined && <div className={styles.action}>{action}</div>}
    </Stack>
  );
}

/** What happened and what to do, with a way to try again. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useT();
  const offline = error instanceof OfflineError;
  return (
    <div role="alert" className={styles.full}>
      <EmptyState
        icon={offline ? CloudOff : TriangleAlert}
        title={t("state.error_title")}
        action={
          onRetry && (
            <Button variant="default" onClick={onRetry}>
              {t("state.retry")}
            </Button>
          )
        }
      >
        <WhyText why={errorWhy(error)} />
      </EmptyState>
    </div>
  );
}

/** A page that broke in itself. */
export function CrashState({ error }: { error: unknown }) {
  const t = useT();
  return (
    <div role="alert" className={styles.full}>
      <EmptyState
        icon={TriangleAlert}
        title={t("state.crash_title")}
        action={<Button onClick={() => window.location.reload()}>{t("state.reload")}</Button>}
      >
        {t("state.crash")}
        <Code block mt="sm" className={styles.trace}>
          {error instanceof Error ? `${error.name}: ${error.message}` : String(error)}
        </Code>
      </EmptyState>
    </div>
  );
}

const PATIENCE_MS = 300;

/** Show a skeleton, but only for waits that people notice. */
export function Waiting({ children, rows = 6 }: { children?: ReactNode; rows?: number }) {
  const t = useT();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <div role="status" aria-label={t("state.loading")} className={styles.full}>
      {children ?? (
        <Stack gap="xs" p="md">
          {Array.from({ length: rows }, (_, row) => (
            <Skeleton key={row} height={28} radius="sm" width={`${100 - ((row * 7) % 30)}%`} />
          ))}
        </Stack>
      )}
    </div>
  );
}
