import { Button, Modal, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Factory } from "lucide-react";
import { useState } from "react";
import { request } from "@/api/client";
import { useEdges } from "@/api/plant";
import type { Views } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { EmptyState, ErrorState, Waiting } from "@/components/States";
import { Truncated } from "@/components/Truncated";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import styles from "./admin.module.css";
import { PolicyForm } from "./PolicyForm";

export type Policy = Views["PolicyView"];
export const POLICIES = ["policies"] as const;

function PolicyLine({ edge, policy, onEdit }: { edge: string; policy: Policy | undefined; onEdit: () => void }) {
  const t = useT();
  const format = useFormat();
  return (
    <Table.Tr>
      <Table.Td className={styles.short}>
        <Truncated>{edge}</Truncated>
        <div className="lw-dim">{policy?.line ?? "–"}</div>
      </Table.Td>
      <Table.Td className={styles.short}>
        {policy && policy.classes.length > 0 ? (
          <Truncated>{policy.classes.join(", ")}</Truncated>
        ) : (
          t("admin.any_class")
        )}
      </Table.Td>
      <Table.Td className={styles.number}>{policy ? format.percent(policy.sample_rate) : t("admin.default")}</Table.Td>
      <Table.Td className={styles.number}>
        {policy ? format.percent(policy.second_label_rate) : t("admin.default")}
      </Table.Td>
      <Table.Td className={styles.number}>{policy ? format.number(policy.queue_cap) : t("admin.default")}</Table.Td>
      <Table.Td>
        {policy ? <RelativeTime us={policy.set_at_us} /> : t("admin.default")}
        <div className="lw-dim">{policy?.set_by ?? ""}</div>
      </Table.Td>
      <Table.Td className={styles.act}>
        <Button size="compact-xs" variant="default" aria-label={t("admin.edit_policy", { edge })} onClick={onEdit}>
          {t("admin.edit")}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}

/** What is special about each edge: who labels what, how often, and in which words. */
export function Policies() {
  const t = useT();
  const edges = useEdges().data ?? [];
  const [editing, setEditing] = useState<string | null>(null);
  const query = useQuery({
    queryKey: POLICIES,
    queryFn: ({ signal }) => request<Policy[]>("GET", "/api/policies", { signal }),
  });
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Waiting />;
  const policies = new Map(query.data.map((policy) => [policy.edge_id, policy]));
  const names = [...new Set([...edges.map((edge) => edge.edge_id), ...policies.keys()])].sort();
  if (names.length === 0) {
    return (
      <EmptyState icon={Factory} title={t("admin.no_edges")}>
        {t("admin.no_edges_hint")}
      </EmptyState>
    );
  }
  return (
    <>
      <Table verticalSpacing="xs" className={styles.table} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("admin.edge")}</Table.Th>
            <Table.Th>{t("admin.classes")}</Table.Th>
            <Table.Th className={styles.number}>{t("admin.sampled")}</Table.Th>
            <Table.Th className={styles.number}>{t("admin.second")}</Table.Th>
            <Table.Th className={styles.number}>{t("admin.cap")}</Table.Th>
            <Table.Th>{t("admin.set")}</Table.Th>
            <Table.Th aria-label={t("admin.edit")} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {names.map((edge) => (
            <PolicyLine key={edge} edge={edge} policy={policies.get(edge)} onEdit={() => setEditing(edge)} />
          ))}
        </Table.Tbody>
      </Table>
      <Modal
        closeButtonProps={{ "aria-label": t("act.close") }}
        opened={editing !== null}
        onClose={() => setEditing(null)}
        title={editing}
        size={640}
      >
        {editing !== null && (
          <PolicyForm edge={editing} policy={policies.get(editing)} onClose={() => setEditing(null)} />
        )}
      </Modal>
    </>
  );
}
