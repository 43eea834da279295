import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useChangePassword } from "@/api/session";
import { PasswordField } from "@/components/PasswordField";
import { useT } from "@/i18n";
import { AccountPage, FormError } from "./AccountPage";
import styles from "./AccountPage.module.css";
import { NewPassword } from "./NewPassword";
import { wrongWith } from "./passwords";

/** Change one's own password; `forced` when somebody else had set it. */
export function ChangePassword({ forced }: { forced: boolean }) {
  const t = useT();
  const navigate = useNavigate();
  const change = useChangePassword();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const done = () => {
    notifications.show({ message: t("account.changed") });
    void navigate("/");
  };
  return (
    <AccountPage title={t("account.change_title")} {...(forced ? { hint: t("account.change_must") } : {})}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (again !== password || wrongWith(password, again) !== null) return;
          // Not as the mutation's callback: the page may be gone by then, as the session then needs no new password.
          change.mutateAsync({ current, new: password }).then(done, () => undefined);
        }}
      >
        <PasswordField
          label={t("account.current")}
          autoComplete="current-password"
          autoFocus
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <NewPassword
          label={t("account.new")}
          password={password}
          again={again}
          onPassword={setPassword}
          onAgain={setAgain}
        />
        <FormError error={change.error} />
        <Group justify="flex-end" gap="xs">
          {!forced && (
            <Button variant="default" size="md" onClick={() => void navigate(-1)}>
              {t("act.cancel")}
            </Button>
          )}
          <Button type="submit" size="md" loading={change.isPending}>
            {t("account.change_title")}
          </Button>
        </Group>
      </form>
    </AccountPage>
  );
}
