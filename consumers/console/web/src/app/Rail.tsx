import { NavLink } from "react-router";
import { Mark } from "@/components/Mark";
import { useT } from "@/i18n";
import type { Page } from "./pages";
import styles from "./Rail.module.css";

/** The left rail: only what the person may see. */
export function Rail({ pages }: { pages: readonly Page[] }) {
  const t = useT();
  return (
    <nav className={styles.rail} aria-label={t("nav.main")}>
      <NavLink to="/" className={styles.mark ?? ""} aria-label={`${t("app.name")}: ${t("state.home")}`}>
        <Mark size={26} />
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
