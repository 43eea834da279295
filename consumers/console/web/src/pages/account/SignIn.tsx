import { Button, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { ProblemError } from "@/api/problem";
import { useSignIn } from "@/api/session";
import { PasswordField } from "@/components/PasswordField";
import { useT } from "@/i18n";
import { AccountPage, FormError } from "./AccountPage";
import styles from "./AccountPage.module.css";

/** Seconds until the server takes another try, counted down. */
function useWait(error: Error | null): number {
  const after = error instanceof ProblemError ? (error.retryAfterSeconds ?? 0) : 0;
  const [left, setLeft] = useState(0);
  const [of, setOf] = useState<Error | null>(null);
  if (of !== error) {
    setOf(error);
    setLeft(Math.ceil(after));
  }
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1_000);
    return () => clearTimeout(timer);
  }, [left]);
  return left;
}

export function SignIn() {
  const t = useT();
  const signIn = useSignIn();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const wait = useWait(signIn.error);
  return (
    <AccountPage title={t("account.sign_in")} hint={t("account.sign_in_hint")}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate({ name: name.trim(), password });
        }}
      >
        <TextInput
          label={t("account.name")}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          autoFocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordField
          label={t("account.password")}
          name="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <FormError error={signIn.error} />
        <Button type="submit" size="md" loading={signIn.isPending} disabled={wait > 0}>
          {wait > 0 ? t("account.wait", { seconds: wait }) : t("account.sign_in")}
        </Button>
        <p className={styles.foot}>{t("account.forgot")}</p>
      </form>
    </AccountPage>
  );
}
