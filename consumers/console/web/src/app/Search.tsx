import { Combobox, Modal, TextInput, useCombobox } from "@mantine/core";
import { Search as SearchIcon } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useEdges } from "@/api/plant";
import type { Person } from "@/api/types";
import { useT } from "@/i18n";
import { pagesOf } from "./pages";
import styles from "./Search.module.css";
import { findAll, frameAddress, type Found } from "./search-model";

interface Props {
  person: Person;
  opened: boolean;
  onClose: () => void;
}

/** Go anywhere by typing: pages, lines, edges, a frame by its id. */
export function Search({ person, opened, onClose }: Props) {
  const t = useT();
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const close = () => {
    setQuery("");
    onClose();
  };
  // The list is the window: when Escape closes the one, it closes the other.
  const combobox = useCombobox({ opened: true, onDropdownClose: close });
  const edges = useEdges().data ?? [];
  const places: Found[] = [
    ...pagesOf(person).map((page) => ({ kind: "page" as const, name: t(`nav.${page.name}`), to: page.path })),
    ...[...new Set(edges.map((edge) => edge.line))]
      .filter((line) => line !== null)
      .map((line) => ({ kind: "line" as const, name: line, to: `/monitor?line=${encodeURIComponent(line)}` })),
    ...edges.map((edge) => ({
      kind: "edge" as const,
      name: edge.edge_id,
      to: `/monitor?edge=${encodeURIComponent(edge.edge_id)}`,
    })),
  ];
  const frame = frameAddress(query);
  const found = [
    ...(frame ? [{ kind: "frame" as const, name: t("bar.search_frame", { id: query.trim() }), to: frame }] : []),
    ...findAll(places, query),
  ];
  return (
    <Modal
      opened={opened}
      onClose={close}
      withCloseButton={false}
      padding={0}
      size={560}
      yOffset="12vh"
      centered={false}
      title={null}
      attributes={{ content: { "aria-label": t("bar.search") } }}
    >
      <Combobox
        store={combobox}
        onOptionSubmit={(to) => {
          close();
          void navigate(to);
        }}
      >
        <Combobox.EventsTarget>
          <TextInput
            data-autofocus
            classNames={{ input: styles.input ?? "" }}
            variant="unstyled"
            size="lg"
            px="md"
            aria-label={t("bar.search")}
            placeholder={t("bar.search_hint")}
            leftSection={<SearchIcon size={17} aria-hidden />}
            value={query}
            onChange={(event) => {
              setQuery(event.currentTarget.value);
              combobox.selectFirstOption();
            }}
          />
        </Combobox.EventsTarget>
        <Combobox.Options
          style={{ borderTop: "1px solid var(--lw-line)", padding: 6, maxHeight: 380, overflowY: "auto" }}
        >
          {found.map((one) => (
            <Combobox.Option key={one.to} value={one.to}>
              {one.name}
              {one.kind !== "page" && one.kind !== "frame" && (
                <span className="lw-dim" style={{ float: "right", fontSize: "0.75rem" }}>
                  {t(`bar.kind_${one.kind}`)}
                </span>
              )}
            </Combobox.Option>
          ))}
          {found.length === 0 && <Combobox.Empty>{t("bar.search_none", { query })}</Combobox.Empty>}
        </Combobox.Options>
      </Combobox>
    </Modal>
  );
}
