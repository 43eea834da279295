import type { ReactNode } from "react";
import styles from "./Keys.module.css";

/** A key as it stands on a keyboard. */
export function Key({ children }: { children: ReactNode }) {
  return <kbd className={styles.key}>{children}</kbd>;
}
