import {
  Alert,
  Badge,
  Button,
  Checkbox,
  Group,
  Modal,
  Select,
  Stack,
  Switch,
  Table,
  TagsInput,
  TextInput,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { request } from "@/api/client";
import type { Role, Views } from "@/api/types";
import { PasswordField } from "@/components/PasswordField";
import { RelativeTime } from "@/components/RelativeTime";
import { ErrorState, Waiting } from "@/components/States";
import { Truncated } from "@/components/Truncated";
import { useT } from "@/i18n";
import { EVERY_ROLE } from "@/permissions";
import { generatedPassword } from "./passwords";
import styles from "./admin.module.css";

type Member = Views["PersonView"];

const PEOPLE = ["people"] as const;

interface Form {
  name: string;
  full_name: string;
  role: Role;
  admin: boolean;
  skills: string[];
  password: string;
  active: boolean;
}

const formOf = (member: Member | null): Form => ({
  name: member?.name ?? "",
  full_name: member?.full_name ?? "",
  role: member?.role ?? "inspector",
  admin: member?.admin ?? false,
  skills: member?.skills ?? [],
  password: "",
  active: member?.active ?? true,
});

async function save(member: Member | null, form: Form): Promise<void> {
  const { name, password, active, ...profile } = form;
  if (member === null) {
    await request("POST", "/api/people", { body: { name, password, ...profile } });
    return;
  }
  const path = `/api/people/${encodeURIComponent(name)}`;
  await request("PATCH", path, { body: { ...profile, active } });
  if (password !== "") await request("POST", `${path}/password`, { body: { password } });
}

function PersonForm({ member, onClose }: { member: Member | null; onClose: () => void }) {
  const t = useT();
  const queries = useQueryClient();
  const [form, setForm] = useState<Form>(() => formOf(member));
  const set = (changes: Partial<Form>) => setForm((before) => ({ ...before, ...changes }));
  const saving = useMutation({
    mutationFn: () => save(member, form),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: PEOPLE });
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
        <TextInput
          label={t("admin.sign_in_name")}
          value={form.name}
          disabled={member !== null}
          onChange={(event) => set({ name: event.currentTarget.value })}
          required
          data-autofocus
        />
        <TextInput
          label={t("admin.full_name")}
          value={form.full_name}
          onChange={(event) => set({ full_name: event.currentTarget.value })}
          required
        />
        <Select
          label={t("admin.role")}
          allowDeselect={false}
          value={form.role}
          onChange={(next) => set({ role: next as Role })}
          data={EVERY_ROLE.map((role) => ({ value: role, label: t(`role.${role}`) }))}
        />
        <TagsInput
          label={t("admin.skills")}
          description={t("admin.skills_hint")}
          value={form.skills}
          onChange={(next) => set({ skills: next })}
        />
        <PasswordField
          label={member === null ? t("admin.first_password") : t("admin.new_password")}
          description={t("admin.password_hint")}
          autoComplete="new-password"
          value={form.password}
          required={member === null}
          onChange={(event) => set({ password: event.currentTarget.value })}
        />
        <Button variant="default" size="xs" w="fit-content" onClick={() => set({ password: generatedPassword() })}>
          {t("admin.generate")}
        </Button>
        <Checkbox
          label={t("admin.is_admin")}
          checked={form.admin}
          onChange={(event) => set({ admin: event.currentTarget.checked })}
        />
        {member !== null && (
          <Switch
            label={t("admin.active")}
            checked={form.active}
            onChange={(event) => set({ active: event.currentTarget.checked })}
          />
        )}
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

function PersonLine({ member, onEdit }: { member: Member; onEdit: () => void }) {
  const t = useT();
  return (
    <Table.Tr data-inactive={!member.active}>
      <Table.Td className={styles.short}>
        <Truncated>{member.full_name}</Truncated>
        <div className="lw-dim">{member.name}</div>
      </Table.Td>
      <Table.Td>
        <Group gap={6}>
          {t(`role.${member.role}`)}
          {member.admin && <Badge variant="default">{t("role.admin")}</Badge>}
        </Group>
      </Table.Td>
      <Table.Td>{member.skills.join(", ") || "–"}</Table.Td>
      <Table.Td>
        {!member.active
          ? t("admin.inactive")
          : member.must_change_password
            ? t("admin.must_change")
            : t("admin.active_now")}
      </Table.Td>
      <Table.Td>{member.signed_in_at_us === null ? "–" : <RelativeTime us={member.signed_in_at_us} />}</Table.Td>
      <Table.Td className={styles.act}>
        <Button
          size="compact-xs"
          variant="default"
          aria-label={t("admin.edit_person", { name: member.name })}
          onClick={onEdit}
        >
          {t("admin.edit")}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}

/** Who may sign in, in which role, with which skills. */
export function People() {
  const t = useT();
  const [editing, setEditing] = useState<Member | "new" | null>(null);
  const query = useQuery({
    queryKey: PEOPLE,
    queryFn: ({ signal }) => request<Member[]>("GET", "/api/people", { signal }),
  });
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Waiting />;
  return (
    <>
      <Button size="xs" mb="sm" leftSection={<UserPlus size={14} aria-hidden />} onClick={() => setEditing("new")}>
        {t("admin.add_person")}
      </Button>
      <Table verticalSpacing="xs" className={styles.table} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("admin.person")}</Table.Th>
            <Table.Th>{t("admin.role")}</Table.Th>
            <Table.Th>{t("admin.skills")}</Table.Th>
            <Table.Th>{t("admin.state")}</Table.Th>
            <Table.Th>{t("admin.signed_in")}</Table.Th>
            <Table.Th aria-label={t("admin.edit")} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {query.data.map((member) => (
            <PersonLine key={member.name} member={member} onEdit={() => setEditing(member)} />
          ))}
        </Table.Tbody>
      </Table>
      <Modal
        closeButtonProps={{ "aria-label": t("act.close") }}
        opened={editing !== null}
        onClose={() => setEditing(null)}
        title={editing === "new" ? t("admin.add_person") : t("admin.edit")}
      >
        {editing !== null && (
          <PersonForm member={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
        )}
      </Modal>
    </>
  );
}
