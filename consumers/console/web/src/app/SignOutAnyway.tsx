import { Button, Group, Modal, Text } from "@mantine/core";
import { useT } from "@/i18n";

interface Props {
  /** How many decisions the server does not have yet; none, nothing is asked. */
  waiting: number;
  onStay: () => void;
  onLeave: () => void;
}

/** Before somebody signs out whose labels are not sent: where they stay, and when they go. */
export function SignOutAnyway({ waiting, onStay, onLeave }: Props) {
  const t = useT();
  return (
    <Modal
      opened={waiting > 0}
      onClose={onStay}
      title={t("bar.unsent_title", { count: waiting })}
      closeButtonProps={{ "aria-label": t("act.close") }}
    >
      <Text size="sm">{t("bar.unsent")}</Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onLeave}>
          {t("bar.sign_out_anyway")}
        </Button>
        <Button data-autofocus onClick={onStay}>
          {t("bar.stay")}
        </Button>
      </Group>
    </Modal>
  );
}
