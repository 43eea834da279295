import { PasswordInput } from "@mantine/core";
import { useT } from "@/i18n";
import { wrongWith } from "./passwords";

interface Props {
  label: string;
  password: string;
  again: string;
  onPassword: (value: string) => void;
  onAgain: (value: string) => void;
}

/** A new password, typed twice. */
export function NewPassword({ label, password, again, onPassword, onAgain }: Props) {
  const t = useT();
  const wrong = wrongWith(password, again);
  return (
    <>
      <PasswordInput
        label={label}
        description={t("account.password_hint")}
        autoComplete="new-password"
        required
        withAsterisk={false}
        value={password}
        error={wrong !== null && wrong !== "differ" ? t("account.too_short", { count: wrong.missing }) : null}
        onChange={(event) => onPassword(event.currentTarget.value)}
      />
      <PasswordInput
        label={t("account.password_again")}
        autoComplete="new-password"
        required
        withAsterisk={false}
        value={again}
        error={wrong === "differ" ? t("account.differ") : null}
        onChange={(event) => onAgain(event.currentTarget.value)}
      />
    </>
  );
}
