import { Modal } from "@mantine/core";
import { Key } from "@/components/Keys";
import { useT } from "@/i18n";
import { useKeyList } from "./keys";
import styles from "./KeyHelp.module.css";

const NAMES: Record<string, string> = {
  " ": "Space",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Backspace: "⌫",
  Delete: "Del",
  Escape: "Esc",
};

const shown = (key: string): string => NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);

/** The keys of the page that is open. */
export function KeyHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useT();
  const acts = useKeyList(opened);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("keys.title")}
      size="lg"
      closeButtonProps={{ "aria-label": t("act.close") }}
    >
      <dl className={styles.list}>
        {acts.map((act) => (
          <div key={`${act.keys.join()} ${act.text ?? ""}`} className={styles.row}>
            <dt>
              {(act.shown ?? act.keys.map(shown)).map((key) => (
                <Key key={key}>{key}</Key>
              ))}
            </dt>
            <dd>{act.text}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
