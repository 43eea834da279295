import { PasswordField } from "@/components/PasswordField";
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
      <PasswordField
        label={label}
        description={t("account.password_hint")}
        autoComplete="new-password"
        value={password}
        error={wrong !== null && wrong !== "differ" ? t("account.too_short", { count: wrong.missing }) : null}
        onChange={(event) => onPassword(event.currentTarget.value)}
      />
      <PasswordField
        label={t("account.password_again")}
        autoComplete="new-password"
        value={again}
        error={wrong === "differ" ? t("account.differ") : null}
        onChange={(event) => onAgain(event.currentTarget.value)}
      />
    </>
  );
}
