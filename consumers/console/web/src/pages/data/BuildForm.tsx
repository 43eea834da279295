import { Alert, Button, Checkbox, Group, Modal, MultiSelect, Stack, TagsInput, TextInput } from "@mantine/core";
import { Eye, Hammer } from "lucide-react";
import { useState } from "react";
import { useAskForBuild, type BuildBody } from "@/api/datasets";
import { useEdges } from "@/api/plant";
import { usePlace } from "@/app/place";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { isName, localOf, microsOf } from "./words";

const DAY_MS = 86_400_000;

interface Form {
  name: string;
  edges: string[];
  from: string;
  /** Null until somebody sets it: then it is now, also hours after the page was opened. */
  to: string | null;
  classes: string[];
  imported: boolean;
  missing: boolean;
}

const fresh = (edge: string | null): Form => ({
  name: "",
  edges: edge === null ? [] : [edge],
  from: localOf(Date.now() - 7 * DAY_MS),
  to: null,
  classes: [],
  imported: false,
  missing: false,
});

const endOf = ({ to }: Form): string => to ?? localOf(Date.now() + 60_000);

/** What is asked of the server, or null while the form is not complete. */
function bodyOf(form: Form, preview: boolean): BuildBody | null {
  const [from_us, to_us] = [microsOf(form.from), microsOf(endOf(form))];
  if (!isName(form.name) || form.edges.length === 0 || from_us === null || to_us === null || to_us <= from_us)
    return null;
  return {
    name: form.name,
    edge_ids: form.edges,
    from_us,
    to_us,
    classes: form.classes,
    include_imported: form.imported,
    allow_missing: form.missing,
    preview,
  };
}

/** A new dataset: which edges, which span, which labels; a preview says what would come of it. */
export function BuildForm({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const [place] = usePlace();
  const edges = useEdges().data ?? [];
  const [form, setForm] = useState<Form>(() => fresh(place.edge));
  const ask = useAskForBuild();
  const set = (changes: Partial<Form>) => setForm((before) => ({ ...before, ...changes }));
  const span = [microsOf(form.from), microsOf(endOf(form))] as const;
  const backwards = span[0] !== null && span[1] !== null && span[1] <= span[0];
  const complete = bodyOf(form, false) !== null;
  const start = (preview: boolean) => {
    const body = bodyOf(form, preview);
    if (body) ask.mutate(body, { onSuccess: onClose });
  };
  return (
    <Modal
      closeButtonProps={{ "aria-label": t("act.close") }}
      opened={opened}
      onClose={onClose}
      title={t("data.build")}
      size={560}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start(false);
        }}
      >
        <Stack gap="sm">
          <TextInput
            data-autofocus
            label={t("data.name")}
            description={t("data.name_hint")}
            value={form.name}
            error={form.name !== "" && !isName(form.name) ? t("data.name_wrong") : null}
            onChange={(event) => set({ name: event.currentTarget.value })}
            required
          />
          <MultiSelect
            label={t("data.edges")}
            data={[...new Set([...edges.map((edge) => edge.edge_id), ...form.edges])]}
            value={form.edges}
            onChange={(next) => set({ edges: next })}
            searchable
            clearable
            required
            nothingFoundMessage={t("bar.picker_none")}
          />
          <Group grow align="start">
            <TextInput
              type="datetime-local"
              label={t("data.from", { zone: format.zone() })}
              value={form.from}
              onChange={(event) => set({ from: event.currentTarget.value })}
              required
            />
            <TextInput
              type="datetime-local"
              label={t("data.to", { zone: format.zone() })}
              value={endOf(form)}
              error={backwards ? t("data.span_wrong") : null}
              onChange={(event) => set({ to: event.currentTarget.value })}
              required
            />
          </Group>
          <TagsInput
            label={t("data.only_classes")}
            description={t("data.only_classes_hint")}
            value={form.classes}
            onChange={(next) => set({ classes: next })}
            clearable
          />
          <Checkbox
            label={t("data.imported")}
            checked={form.imported}
            onChange={(event) => set({ imported: event.currentTarget.checked })}
          />
          <Checkbox
            label={t("data.allow_missing")}
            description={t("data.allow_missing_hint")}
            checked={form.missing}
            onChange={(event) => set({ missing: event.currentTarget.checked })}
          />
          {ask.isError && (
            <Alert color="red" title={t("data.refused")}>
              {ask.error.message}
            </Alert>
          )}
          <Group justify="flex-end" mt="xs">
            <Button
              variant="default"
              leftSection={<Eye size={15} aria-hidden />}
              disabled={!complete}
              loading={ask.isPending}
              onClick={() => start(true)}
            >
              {t("data.preview")}
            </Button>
            <Button
              type="submit"
              leftSection={<Hammer size={15} aria-hidden />}
              disabled={!complete}
              loading={ask.isPending}
            >
              {t("data.build_now")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
