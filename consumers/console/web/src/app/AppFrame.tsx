import { Suspense, useEffect, useState, type ReactNode } from "react";
import { useLocation } from "react-router";
import { live } from "@/api/live";
import type { Person } from "@/api/types";
import { Waiting } from "@/components/States";
import { useT } from "@/i18n";
import styles from "./AppFrame.module.css";
import { KeyHelp } from "./KeyHelp";
import { useKeyActs } from "./keys";
import { pagesOf } from "./pages";
import { Rail } from "./Rail";
import { Search } from "./Search";
import { StaleBanner } from "./StaleBanner";
import { TopBar } from "./TopBar";

/** What surrounds every page: rail, top bar, the banner of a lost line, search and the list of keys. */
export function AppFrame({ person, children }: { person: Person; children: ReactNode }) {
  const t = useT();
  const { pathname } = useLocation();
  const [searching, setSearching] = useState(false);
  const [helping, setHelping] = useState(false);
  const pages = pagesOf(person);
  useEffect(() => live.start(), []);
  useKeyActs([
    { keys: ["/"], text: t("keys.search"), act: () => setSearching(true) },
    { keys: ["?"], text: t("keys.help"), act: () => setHelping(true) },
  ]);
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#page">
        {t("app.skip")}
      </a>
      <Rail pages={pages} />
      <TopBar person={person} onSearch={() => setSearching(true)} onHelp={() => setHelping(true)} />
      <div className={styles.body}>
        <StaleBanner />
        <main id="page" tabIndex={-1} className={styles.page} key={pathname.split("/")[1]}>
          <Suspense fallback={<Waiting />}>{children}</Suspense>
        </main>
      </div>
      <Search person={person} opened={searching} onClose={() => setSearching(false)} />
      <KeyHelp opened={helping} onClose={() => setHelping(false)} />
    </div>
  );
}
