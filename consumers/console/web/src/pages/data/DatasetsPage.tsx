import { Anchor, Button, Table } from "@mantine/core";
import { Database, Plus } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { useBuilds, useDatasets, type Dataset } from "@/api/datasets";
import { useSession } from "@/api/session";
import { RelativeTime } from "@/components/RelativeTime";
import { EmptyState, ErrorState, Waiting } from "@/components/States";
import { Truncated } from "@/components/Truncated";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { may } from "@/permissions";
import { Balance } from "./Balance";
import { BuildForm } from "./BuildForm";
import { BuildList } from "./BuildList";
import styles from "./data.module.css";
import { DataHeader } from "./DataHeader";

function DatasetLine({ dataset }: { dataset: Dataset }) {
  const t = useT();
  const format = useFormat();
  return (
    <Table.Tr>
      <Table.Td className={styles.name}>
        <Anchor component={Link} to={`/data/datasets/${encodeURIComponent(dataset.digest)}`} fw={600}>
          <Truncated>{dataset.name}</Truncated>
        </Anchor>
        <div className={styles.digest}>{dataset.digest.slice(0, 19)}…</div>
      </Table.Td>
      <Table.Td className={styles.number}>
        {format.number(dataset.frames)}
        {dataset.missing > 0 && (
          <div className={styles.warning}>{t("data.missing_count", { count: dataset.missing })}</div>
        )}
      </Table.Td>
      <Table.Td className={styles.balance}>
        <Balance counts={dataset.classes} />
      </Table.Td>
      <Table.Td className={styles.number}>{format.size(dataset.size)}</Table.Td>
      <Table.Td>
        <Truncated>{dataset.edge_ids.join(", ")}</Truncated>
      </Table.Td>
      <Table.Td>
        <RelativeTime us={dataset.built_at_us} />
        <div className="lw-dim">
          <Truncated>{dataset.built_by}</Truncated>
        </div>
      </Table.Td>
    </Table.Tr>
  );
}

function DatasetTable({ datasets }: { datasets: readonly Dataset[] }) {
  const t = useT();
  return (
    <Table className={styles.table} verticalSpacing="xs" highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("data.name")}</Table.Th>
          <Table.Th className={styles.number}>{t("data.images")}</Table.Th>
          <Table.Th>{t("data.classes")}</Table.Th>
          <Table.Th className={styles.number}>{t("data.size")}</Table.Th>
          <Table.Th>{t("data.edges")}</Table.Th>
          <Table.Th>{t("data.built")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {datasets.map((dataset) => (
          <DatasetLine key={`${dataset.name}:${dataset.digest}`} dataset={dataset} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** The datasets there are, how builds go, and the way to a new one. */
export function DatasetsPage() {
  const t = useT();
  const person = useSession().data?.person;
  const [building, setBuilding] = useState(false);
  const datasets = useDatasets();
  const builds = useBuilds();
  const mayBuild = person !== null && person !== undefined && may(person, "build_datasets");
  const start = (
    <Button size="xs" leftSection={<Plus size={14} aria-hidden />} onClick={() => setBuilding(true)}>
      {t("data.build")}
    </Button>
  );
  return (
    <div className={styles.page}>
      <DataHeader actions={mayBuild && start} />
      <div className={styles.scroll} tabIndex={0}>
        {builds.data && <BuildList builds={builds.data} mayCancel={mayBuild} />}
        {datasets.isError && <ErrorState error={datasets.error} onRetry={() => void datasets.refetch()} />}
        {datasets.isPending && <Waiting />}
        {datasets.data?.length === 0 && (
          <EmptyState icon={Database} title={t("data.no_datasets")} action={mayBuild ? start : undefined}>
            {t(mayBuild ? "data.no_datasets_hint" : "data.no_datasets_viewer")}
          </EmptyState>
        )}
        {datasets.data && datasets.data.length > 0 && <DatasetTable datasets={datasets.data} />}
      </div>
      <BuildForm opened={building} onClose={() => setBuilding(false)} />
    </div>
  );
}
