import { Menu, Text, UnstyledButton } from "@mantine/core";
import { Check, KeyRound, LogOut } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useSetLanguage, useSignOut } from "@/api/session";
import type { Person } from "@/api/types";
import { LANGUAGES, setLanguage, useLanguage, useT } from "@/i18n";
import { unsent } from "@/pages/label/model/outbox";
import { SignOutAnyway } from "./SignOutAnyway";
import styles from "./TopBar.module.css";

/** The letters of a person's mark: of two names the first of each, of a Korean name its last two syllables. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  if (words.length === 1) return /[가-힣]/.test(name) ? name.trim().slice(-2) : name.trim().slice(0, 2).toUpperCase();
  return `${words[0]?.[0] ?? ""}${words.at(-1)?.[0] ?? ""}`.toUpperCase();
}

export function PersonMenu({ person }: { person: Person }) {
  const t = useT();
  const language = useLanguage();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const setOwnLanguage = useSetLanguage();
  const [waiting, setWaiting] = useState(0);
  const name = person.full_name || person.name;
  const leave = () => {
    const count = unsent(person.name);
    if (count === 0) signOut.mutate();
    else setWaiting(count);
  };
  const menu = (
    <Menu position="bottom-end" width={240} withinPortal withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <UnstyledButton className={styles.avatar} aria-label={t("bar.person", { name })}>
          {initials(name)}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div style={{ padding: "8px 12px" }}>
          <Text fw={600} truncate>
            {name}
          </Text>
          <Text size="xs" className="lw-dim">
            {person.name} · {t(`role.${person.role}`)}
            {person.admin && ` · ${t("role.admin")}`}
          </Text>
        </div>
        <Menu.Divider />
        <Menu.Label>{t("bar.language")}</Menu.Label>
        {LANGUAGES.map(({ value, name: own }) => (
          <Menu.Item
            key={value}
            lang={value}
            rightSection={language === value ? <Check size={14} aria-hidden /> : undefined}
            onClick={() => {
              void setLanguage(value);
              setOwnLanguage.mutate({ language: value });
            }}
          >
            {own}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<KeyRound size={15} aria-hidden />} onClick={() => void navigate("/account/password")}>
          {t("bar.password")}
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={15} aria-hidden />} onClick={leave}>
          {t("bar.sign_out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
  return (
    <>
      {menu}
      <SignOutAnyway waiting={waiting} onStay={() => setWaiting(0)} onLeave={() => signOut.mutate()} />
    </>
  );
}
