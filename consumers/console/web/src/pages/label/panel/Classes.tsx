import { Popover, TextInput, Tooltip, UnstyledButton } from "@mantine/core";
import { ImageIcon } from "lucide-react";
import { useState } from "react";
import type { LabelEdge } from "@/api/types";
import { Key } from "@/components/Keys";
import { useT } from "@/i18n";
import styles from "./Panel.module.css";

function Examples({ label, urls }: { label: string; urls: readonly string[] }) {
  const t = useT();
  const [opened, setOpened] = useState(false);
  const first = urls[0];
  if (first === undefined) {
    return (
      <Tooltip label={t("label.examples_none")}>
        <span className={styles.noExample}>
          <ImageIcon size={15} strokeWidth={1.5} aria-label={t("label.examples_none")} />
        </span>
      </Tooltip>
    );
  }
  return (
    <Popover opened={opened} onChange={setOpened} position="left" withinPortal shadow="lg">
      <Popover.Target>
        <UnstyledButton
          className={styles.example}
          aria-label={t("label.examples", { label })}
          aria-expanded={opened}
          onClick={() => setOpened((was) => !was)}
        >
          <img src={first} alt="" loading="lazy" />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("label.examples", { label })}>
        <div className={styles.gallery}>
          {urls.map((url) => (
            <img key={url} src={url} alt={t("label.examples", { label })} />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

/** An edge without classes takes any word. */
function AnyWord({ chosen, onChoose }: Pick<Props, "chosen" | "onChoose">) {
  const t = useT();
  return (
    <form
      className={styles.anyWord}
      onSubmit={(event) => {
        event.preventDefault();
        const word = new FormData(event.currentTarget).get("class");
        if (typeof word === "string" && word.trim() !== "") onChoose(word.trim());
      }}
    >
      <TextInput name="class" label={t("label.classes_none")} defaultValue={chosen ?? ""} maxLength={300} />
      <p className={styles.hint}>{t("label.classes_none_hint")}</p>
    </form>
  );
}

interface Props {
  classes: readonly string[];
  edge: LabelEdge | undefined;
  /** The image's class, or that of the chosen box. */
  chosen: string | null;
  onChoose: (label: string) => void;
}

/** What a person may say, with its key, a picture and the words of the guide. */
export function Classes({ classes, edge, chosen, onChoose }: Props) {
  if (classes.length === 0) return <AnyWord chosen={chosen} onChoose={onChoose} />;
  return (
    <ul className={styles.classes}>
      {classes.map((label, index) => {
        const guide = edge?.guide[label];
        return (
          <li key={label} data-chosen={label === chosen}>
            <UnstyledButton
              className={styles.class}
              aria-pressed={label === chosen}
              {...(index < 9 ? { "aria-keyshortcuts": String(index + 1) } : {})}
              onClick={() => onChoose(label)}
            >
              {index < 9 ? <Key hidden>{index + 1}</Key> : <span className={styles.noKey} />}
              <span className={styles.words}>
                <span className={styles.className}>{label}</span>
                {guide && <span className={styles.guide}>{guide}</span>}
              </span>
            </UnstyledButton>
            <Examples label={label} urls={edge?.examples[label] ?? []} />
          </li>
        );
      })}
    </ul>
  );
}
