import { Alert, Button, Code, CopyButton, Group, NumberInput, Select, Stack, Table, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { request } from "@/api/client";
import type { Role, Views } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { EmptyState, ErrorState, Waiting } from "@/components/States";
import { useT } from "@/i18n";
import { EVERY_ROLE } from "@/permissions";
import styles from "./admin.module.css";

const TOKENS = ["tokens"] as const;

function NewToken() {
  const t = useT();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("product_manager");
  const [days, setDays] = useState<number | string>(365);
  const issue = useMutation({
    mutationFn: () =>
      request<Views["IssuedToken"]>("POST", "/api/tokens", {
        body: { name, role, days: typeof days === "number" ? days : null },
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: TOKENS }),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        issue.mutate();
      }}
    >
      <Stack gap="sm" mb="md">
        <Group align="end" gap="sm">
          <TextInput
            label={t("admin.program")}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            required
          />
          <Select
            label={t("admin.role")}
            allowDeselect={false}
            value={role}
            onChange={(next) => setRole(next as Role)}
            data={EVERY_ROLE.map((one) => ({ value: one, label: t(`role.${one}`) }))}
          />
          <NumberInput label={t("admin.days")} w={110} min={1} max={3650} value={days} onChange={setDays} />
          <Button type="submit" loading={issue.isPending} leftSection={<KeyRound size={14} aria-hidden />}>
            {t("admin.issue")}
          </Button>
        </Group>
        {issue.isError && <Alert color="red">{issue.error.message}</Alert>}
        {issue.data && (
          <Alert title={t("admin.secret_once")}>
            <Group>
              <Code className={styles.secret}>{issue.data.secret}</Code>
              <CopyButton value={issue.data.secret}>
                {({ copied, copy }) => (
                  <Button size="compact-xs" variant="default" onClick={copy}>
                    {copied ? t("admin.copied") : t("admin.copy")}
                  </Button>
                )}
              </CopyButton>
            </Group>
          </Alert>
        )}
      </Stack>
    </form>
  );
}

function TokenLine({ token }: { token: Views["TokenView"] }) {
  const t = useT();
  const queries = useQueryClient();
  const [sure, setSure] = useState(false);
  const revoke = useMutation({
    mutationFn: () => request("DELETE", `/api/tokens/${token.token_id}`),
    onSuccess: () => queries.invalidateQueries({ queryKey: TOKENS }),
  });
  return (
    <Table.Tr>
      <Table.Td>{token.name}</Table.Td>
      <Table.Td>{t(`role.${token.role}`)}</Table.Td>
      <Table.Td>{token.created_by}</Table.Td>
      <Table.Td>{token.expires_at_us === null ? t("admin.never") : <RelativeTime us={token.expires_at_us} />}</Table.Td>
      <Table.Td>{token.used_at_us === null ? "–" : <RelativeTime us={token.used_at_us} />}</Table.Td>
      <Table.Td className={styles.act}>
        <Button
          size="compact-xs"
          color="red"
          variant={sure ? "filled" : "default"}
          loading={revoke.isPending}
          onBlur={() => setSure(false)}
          onClick={() => (sure ? revoke.mutate() : setSure(true))}
        >
          {sure ? t("admin.revoke_sure", { name: token.name }) : t("admin.revoke")}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}

/** Tokens by which programs use the API, each in a role. */
export function Tokens() {
  const t = useT();
  const query = useQuery({
    queryKey: TOKENS,
    queryFn: ({ signal }) => request<Views["TokenView"][]>("GET", "/api/tokens", { signal }),
  });
  return (
    <>
      <NewToken />
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Waiting />}
      {query.data?.length === 0 && (
        <EmptyState icon={KeyRound} title={t("admin.no_tokens")}>
          {t("admin.no_tokens_hint")}
        </EmptyState>
      )}
      {query.data && query.data.length > 0 && (
        <Table verticalSpacing="xs" className={styles.table}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("admin.program")}</Table.Th>
              <Table.Th>{t("admin.role")}</Table.Th>
              <Table.Th>{t("admin.issued_by")}</Table.Th>
              <Table.Th>{t("admin.ends")}</Table.Th>
              <Table.Th>{t("admin.used")}</Table.Th>
              <Table.Th aria-label={t("admin.revoke")} />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {query.data.map((token) => (
              <TokenLine key={token.token_id} token={token} />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  );
}
