import { Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import styles from "./PageHeader.module.css";

/** A page's name, what stands beside it, and its acts; the browser's tab is named alike. */
export function PageHeader({ title, beside, actions }: { title: string; beside?: ReactNode; actions?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · linewatch`;
  }, [title]);
  return (
    <header className={styles.header}>
      <Title order={1} className="lw-ellipsis">
        {title}
      </Title>
      <div className={styles.beside}>{beside}</div>
      <div className={styles.actions}>{actions}</div>
    </header>
  );
}
