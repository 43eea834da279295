import {
  Alert,
  Button,
  Group,
  NumberInput,
  SimpleGrid,
  Stack,
  Switch,
  TagsInput,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { request } from "@/api/client";
import { EDGES } from "@/api/plant";
import { useT, type TextKey } from "@/i18n";
import { cleaned, fieldsOf, type PolicyFields } from "./policy-model";
import { POLICIES, type Policy } from "./Policies";

const SHARES = [
  ["sample_rate", "admin.sample_rate"],
  ["near_threshold", "admin.near_threshold"],
  ["second_label_rate", "admin.second_label_rate"],
] as const satisfies (readonly [keyof PolicyFields, TextKey])[];

/** Set an edge's policy; when somebody else was quicker, that is said and nothing is overwritten. */
export function PolicyForm({
  edge,
  policy,
  onClose,
}: {
  edge: string;
  policy: Policy | undefined;
  onClose: () => void;
}) {
  const t = useT();
  const queries = useQueryClient();
  const [fields, setFields] = useState<PolicyFields>(() => fieldsOf(policy));
  const set = (changes: Partial<PolicyFields>) => setFields((before) => ({ ...before, ...changes }));
  const saving = useMutation({
    mutationFn: () => request<Policy>("PUT", `/api/policies/${encodeURIComponent(edge)}`, { body: cleaned(fields) }),
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: POLICIES }),
        queries.invalidateQueries({ queryKey: EDGES }),
        queries.invalidateQueries({ queryKey: ["label"] }),
      ]);
      onClose();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate();
      }}
    >
      <Stack gap="sm">
        <SimpleGrid cols={2}>
          <TextInput
            label={t("admin.line")}
            value={fields.line ?? ""}
            onChange={(event) => set({ line: event.currentTarget.value })}
          />
          <TextInput
            label={t("admin.product")}
            value={fields.product ?? ""}
            onChange={(event) => set({ product: event.currentTarget.value })}
          />
        </SimpleGrid>
        <TagsInput
          label={t("admin.classes")}
          description={t("admin.classes_hint")}
          value={fields.classes}
          onChange={(next) => set({ classes: next })}
        />
        {fields.classes.map((name, at) => (
          <Textarea
            key={name}
            autosize
            minRows={1}
            label={t("admin.guide_of", { key: at + 1, name })}
            value={fields.guide[name] ?? ""}
            onChange={(event) => set({ guide: { ...fields.guide, [name]: event.currentTarget.value } })}
          />
        ))}
        <Switch
          label={t("admin.draw_boxes")}
          checked={fields.draw_boxes}
          onChange={(event) => set({ draw_boxes: event.currentTarget.checked })}
        />
        <SimpleGrid cols={2}>
          {SHARES.map(([name, words]) => (
            <NumberInput
              key={name}
              label={t(words)}
              suffix=" %"
              min={0}
              max={100}
              decimalScale={2}
              value={Math.round(fields[name] * 10_000) / 100}
              onChange={(next) => set({ [name]: typeof next === "number" ? next / 100 : 0 })}
            />
          ))}
          <NumberInput
            label={t("admin.queue_cap")}
            min={1}
            max={100_000}
            allowDecimal={false}
            value={fields.queue_cap}
            onChange={(next) => set({ queue_cap: typeof next === "number" ? next : 1 })}
          />
          <TextInput
            label={t("admin.skill")}
            value={fields.skill ?? ""}
            onChange={(event) => set({ skill: event.currentTarget.value })}
          />
        </SimpleGrid>
        {saving.isError && <Alert color="red">{saving.error.message}</Alert>}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("act.cancel")}
          </Button>
          <Button type="submit" loading={saving.isPending}>
            {t("act.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
