import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { useT } from "@/i18n";

/** A password, with a button that shows it and says so. */
export function PasswordField(props: PasswordInputProps) {
  const t = useT();
  return (
    <PasswordInput
      required
      withAsterisk={false}
      visibilityToggleButtonProps={{ "aria-label": t("account.show_password") }}
      {...props}
    />
  );
}
