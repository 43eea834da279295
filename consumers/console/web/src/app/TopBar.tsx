import { ActionIcon, Tooltip, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { Keyboard, Moon, Search, Sun } from "lucide-react";
import { Key } from "@/components/Keys";
import type { Person } from "@/api/types";
import { useT } from "@/i18n";
import { AlarmsMenu } from "./AlarmsMenu";
import { EdgePicker } from "./EdgePicker";
import { LineDot } from "./LineDot";
import { PersonMenu } from "./PersonMenu";
import styles from "./TopBar.module.css";

function ThemeSwitch() {
  const t = useT();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light", { getInitialValueInEffect: false }) === "dark";
  const text = dark ? t("bar.theme_light") : t("bar.theme_dark");
  return (
    <Tooltip label={text}>
      <ActionIcon size="lg" aria-label={text} onClick={() => setColorScheme(dark ? "light" : "dark")}>
        {dark ? <Sun size={17} strokeWidth={1.75} /> : <Moon size={17} strokeWidth={1.75} />}
      </ActionIcon>
    </Tooltip>
  );
}

interface Props {
  person: Person;
  onSearch: () => void;
  onHelp: () => void;
}

export function TopBar({ person, onSearch, onHelp }: Props) {
  const t = useT();
  return (
    <header className={styles.bar}>
      <EdgePicker />
      <UnstyledButton className={styles.search} onClick={onSearch} aria-label={t("bar.search")} aria-keyshortcuts="/">
        <Search size={15} strokeWidth={1.75} aria-hidden />
        <span className="lw-ellipsis">{t("bar.search")}</span>
        <Key>/</Key>
      </UnstyledButton>
      <span className={styles.space} />
      <LineDot />
      <AlarmsMenu />
      <Tooltip label={t("bar.keys")}>
        <ActionIcon size="lg" aria-label={t("bar.keys")} aria-keyshortcuts="?" onClick={onHelp}>
          <Keyboard size={18} strokeWidth={1.75} />
        </ActionIcon>
      </Tooltip>
      <ThemeSwitch />
      <PersonMenu person={person} />
    </header>
  );
}
