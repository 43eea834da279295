import { NavLink } from "react-router";
import { useT } from "@/i18n";
import type { Page } from "./pages";
import styles from "./Rail.module.css";

/** The left rail: only what the person may see. */
export function Rail({ pages }: { pages: readonly Page[] }) {
  const t = useT();
  return (
    <nav className={styles.rail} aria-label={t("nav.main")}>
      <NavLink to="/" className={styles.mark ?? ""} aria-label={`${t("app.name")}: ${t("state.home")}`}>
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden>
          <path
            d="M3 19h6l3.4-11.5 5.2 16 3.6-9.5H29"
            fill="none"
            stroke="currentColor"
            strokeWidth="2.6"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        </svg>
      </NavLink>
      {pages.map(({ name, path, icon: Icon }) => (
        <NavLink key={name} to={path} className={styles.entry ?? ""}>
          <Icon size={19} strokeWidth={1.75} aria-hidden />
          <span>{t(`nav.${name}`)}</span>
        </NavLink>
      ))}
    </nav>
  );
}
