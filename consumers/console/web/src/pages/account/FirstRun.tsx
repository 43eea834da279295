import { Button, SegmentedControl, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useFirstRun } from "@/api/session";
import { LANGUAGES, setLanguage, useLanguage, useT } from "@/i18n";
import { AccountPage, FormError } from "./AccountPage";
import styles from "./AccountPage.module.css";
import { NewPassword } from "./NewPassword";
import { wrongWith } from "./passwords";

/** Nobody uses this console yet: whoever holds the token from its start becomes its administrator. */
export function FirstRun() {
  const t = useT();
  const language = useLanguage();
  const firstRun = useFirstRun();
  // The printed address carries the token behind #, which never reaches a server's log.
  const [token, setToken] = useState(() => new URLSearchParams(window.location.hash.slice(1)).get("token") ?? "");
  const [name, setName] = useState("");
  const [fullName, setFullName] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  return (
    <AccountPage title={t("account.first_title")} hint={t("account.first_hint")}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (again !== password || wrongWith(password, again) !== null) return;
          firstRun.mutate({ token: token.trim(), name: name.trim(), full_name: fullName.trim(), password, language });
        }}
      >
        <TextInput
          label={t("account.token")}
          description={t("account.token_hint")}
          autoComplete="off"
          spellCheck={false}
          required
          withAsterisk={false}
          autoFocus={token === ""}
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
        />
        <TextInput
          label={t("account.name")}
          description={t("account.name_hint")}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          autoFocus={token !== ""}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t("account.full_name")}
          autoComplete="name"
          required
          withAsterisk={false}
          value={fullName}
          onChange={(event) => setFullName(event.currentTarget.value)}
        />
        <div>
          <Text component="label" size="sm" fw={500} id="first-run-language" display="block" mb={4}>
            {t("account.language")}
          </Text>
          <SegmentedControl
            fullWidth
            aria-labelledby="first-run-language"
            data={LANGUAGES.map(({ value, name: own }) => ({ value, label: own }))}
            value={language}
            onChange={(value) => void setLanguage(value)}
          />
        </div>
        <NewPassword
          label={t("account.password")}
          password={password}
          again={again}
          onPassword={setPassword}
          onAgain={setAgain}
        />
        <FormError error={firstRun.error} />
        <Button type="submit" size="md" loading={firstRun.isPending}>
          {t("account.create")}
        </Button>
      </form>
    </AccountPage>
  );
}
