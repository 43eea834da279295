import type { ReactNode } from "react";
import styles from "./Keys.module.css";

/** A key as it stands on a keyboard; `hidden` from screen readers on what says its key by aria-keyshortcuts. */
export function Key({ children, hidden = false }: { children: ReactNode; hidden?: boolean }) {
  return (
    <kbd className={styles.key} aria-hidden={hidden}>
      {children}
    </kbd>
  );
}
