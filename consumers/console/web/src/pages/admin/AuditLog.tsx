import { Code, Group, Table, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { ScrollText } from "lucide-react";
import { useState } from "react";
import type { Views } from "@/api/types";
import { usePages } from "@/api/usePages";
import { More } from "@/components/More";
import { RelativeTime } from "@/components/RelativeTime";
import { EmptyState, ErrorState, Waiting } from "@/components/States";
import { Truncated } from "@/components/Truncated";
import { useT } from "@/i18n";
import styles from "./admin.module.css";

type AuditEvent = Views["AuditView"];

/** JSON as people read it; whatever is none stays as it is. */
export function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function AuditLine({ event }: { event: AuditEvent }) {
  const t = useT();
  const changed = event.before !== null || event.after !== null;
  return (
    <Table.Tr>
      <Table.Td className={styles.when}>
        <RelativeTime us={event.at_us} />
      </Table.Td>
      <Table.Td className={styles.short}>
        <Truncated>{event.actor}</Truncated>
        <div className="lw-dim">{event.role}</div>
      </Table.Td>
      <Table.Td>{event.action}</Table.Td>
      <Table.Td className={styles.wide}>
        <span className={styles.anywhere}>{event.subject}</span>
        {event.reason !== null && <div className="lw-dim">{event.reason}</div>}
        {changed && (
          <details className={styles.change}>
            <summary>{t("admin.change")}</summary>
            {event.before !== null && <Code block>{readable(event.before)}</Code>}
            {event.after !== null && <Code block>{readable(event.after)}</Code>}
          </details>
        )}
      </Table.Td>
      <Table.Td>{event.address ?? "–"}</Table.Td>
    </Table.Tr>
  );
}

/** Who changed what, the newest first; filters are exact words. */
export function AuditLog() {
  const t = useT();
  const [filters, setFilters] = useState({ actor: "", action: "", subject: "" });
  const [settled] = useDebouncedValue(filters, 300);
  const { query, items } = usePages<AuditEvent>("/api/audit", settled);
  return (
    <>
      <Group gap="sm" mb="sm">
        {(["actor", "action", "subject"] as const).map((name) => (
          <TextInput
            key={name}
            size="xs"
            aria-label={t(`admin.${name}`)}
            placeholder={t(`admin.${name}`)}
            value={filters[name]}
            onChange={(event) => {
              const { value } = event.currentTarget;
              setFilters((before) => ({ ...before, [name]: value }));
            }}
          />
        ))}
      </Group>
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Waiting />}
      {query.isSuccess && items.length === 0 && (
        <EmptyState icon={ScrollText} title={t("admin.no_audit")}>
          {t("admin.no_audit_hint")}
        </EmptyState>
      )}
      {items.length > 0 && (
        <Table verticalSpacing="xs" className={styles.table}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("admin.when")}</Table.Th>
              <Table.Th>{t("admin.actor")}</Table.Th>
              <Table.Th>{t("admin.action")}</Table.Th>
              <Table.Th>{t("admin.subject")}</Table.Th>
              <Table.Th>{t("admin.address")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.map((event) => (
              <AuditLine key={event.audit_id} event={event} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      <More query={query} />
    </>
  );
}
