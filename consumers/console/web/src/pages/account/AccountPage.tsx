import { Alert, Title } from "@mantine/core";
import { CircleAlert } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { OfflineError } from "@/api/problem";
import { Mark } from "@/components/Mark";
import { useT } from "@/i18n";
import styles from "./AccountPage.module.css";

/** The quiet page around a form about oneself: a name, one sentence, the form. */
export function AccountPage({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  const t = useT();
  useEffect(() => {
    document.title = `${title} · linewatch`;
  }, [title]);
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <p className={styles.name}>
          <Mark size={22} />
          {t("app.name")}
        </p>
        <Title order={1}>{title}</Title>
        {hint !== undefined && <p className={styles.hint}>{hint}</p>}
        {children}
      </div>
    </main>
  );
}

/** Why a form was refused. */
export function FormError({ error }: { error: Error | null }) {
  const t = useT();
  if (!error) return null;
  return (
    <Alert
      color="red"
      variant="light"
      role="alert"
      icon={<CircleAlert size={16} aria-hidden />}
      className={styles.error}
    >
      {error instanceof OfflineError ? t("state.offline") : error.message}
    </Alert>
  );
}
