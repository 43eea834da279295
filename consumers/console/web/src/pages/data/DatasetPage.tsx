import { Anchor, Breadcrumbs, Button, Menu, SegmentedControl, Select, Table } from "@mantine/core";
import { Download, Images } from "lucide-react";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { withQuery } from "@/api/client";
import { SPLITS, useDataset, useDatasets, type DatasetDetail, type DatasetImage, type Split } from "@/api/datasets";
import { usePages } from "@/api/usePages";
import { ImageWithBoxes } from "@/components/ImageWithBoxes";
import { More } from "@/components/More";
import { PageHeader } from "@/components/PageHeader";
import { EmptyState, ErrorState, Waiting } from "@/components/States";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import styles from "./data.module.css";
import { Difference } from "./Difference";
import { DatasetFacts } from "./DatasetFacts";

const FORMATS = ["manifest", "folder", "coco", "yolo", "voc"] as const;
const ALL = "all";
const PAGE = 60;

function Downloads({ digest }: { digest: string }) {
  const t = useT();
  const path = `/api/datasets/${encodeURIComponent(digest)}/download`;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<Download size={14} aria-hidden />}>
          {t("data.download")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {FORMATS.map((format) => (
          <Menu.Item key={format} component="a" href={withQuery(path, { format })} download>
            {t(`data.format_${format}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Splits({ dataset }: { dataset: DatasetDetail }) {
  const t = useT();
  const format = useFormat();
  const classes = Object.keys(dataset.classes).sort(
    (one, other) => (dataset.classes[other] ?? 0) - (dataset.classes[one] ?? 0),
  );
  const cell = (split: Split, name: string) => dataset.balance[split]?.[name] ?? 0;
  return (
    <Table className={styles.splits} verticalSpacing={5}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("data.class")}</Table.Th>
          {SPLITS.map((split) => (
            <Table.Th key={split} className={styles.number}>
              {t(`data.split_${split}`)}
            </Table.Th>
          ))}
          <Table.Th className={styles.number}>{t("data.all_splits")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {classes.map((name) => (
          <Table.Tr key={name}>
            <Table.Td>{name}</Table.Td>
            {SPLITS.map((split) => (
              <Table.Td key={split} className={styles.number} data-empty={cell(split, name) === 0}>
                {format.number(cell(split, name))}
              </Table.Td>
            ))}
            <Table.Td className={styles.number}>{format.number(dataset.classes[name] ?? 0)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function ImageCell({ image }: { image: DatasetImage }) {
  const t = useT();
  return (
    <li className={styles.cell}>
      <a href={image.image_url} target="_blank" rel="noreferrer" className={styles.cellImage}>
        <ImageWithBoxes
          src={image.thumbnail_url}
          alt={t("image.alt", { frame: image.frame_id ?? image.sha256.slice(0, 12) })}
          boxes={image.boxes}
          width={image.width}
          height={image.height}
          labels={false}
          fit="contain"
        />
      </a>
      <span className={styles.cellLine}>
        <span className="lw-ellipsis">{image.label ?? t("data.unlabeled")}</span>
        <span className={styles.split}>{image.split}</span>
      </span>
      <span className={styles.cellSmall}>
        <span className="lw-ellipsis">{image.frame_id ?? image.sha256.slice(0, 12)}</span>
        <span className="lw-ellipsis">{image.labelers.join(", ")}</span>
      </span>
    </li>
  );
}

function ImageGrid({ dataset }: { dataset: DatasetDetail }) {
  const t = useT();
  const [split, setSplit] = useState<Split | null>(null);
  const [label, setLabel] = useState<string | null>(null);
  const path = `/api/datasets/${encodeURIComponent(dataset.digest)}/frames`;
  const { query, items: shown } = usePages<DatasetImage>(path, { split, label, limit: PAGE }, { fixed: true });
  return (
    <section aria-label={t("data.images")}>
      <div className={styles.gridHead}>
        <h2>{t("data.images")}</h2>
        <SegmentedControl
          size="xs"
          aria-label={t("data.filter_split")}
          value={split ?? ALL}
          onChange={(next) => setSplit(next === ALL ? null : next)}
          data={[
            { value: ALL, label: t("data.all_splits") },
            ...SPLITS.map((one) => ({ value: one, label: t(`data.split_${one}`) })),
          ]}
        />
        <Select
          size="xs"
          w={180}
          clearable
          aria-label={t("data.filter_class")}
          placeholder={t("data.all_classes")}
          value={label}
          onChange={setLabel}
          data={Object.keys(dataset.classes)}
        />
      </div>
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Waiting />}
      {query.isSuccess && shown.length === 0 && (
        <EmptyState icon={Images} title={t("data.no_images")}>
          {t("data.no_images_hint")}
        </EmptyState>
      )}
      <ul className={styles.grid}>
        {shown.map((image) => (
          <ImageCell key={image.sha256} image={image} />
        ))}
      </ul>
      <More query={query} />
    </section>
  );
}

/** One dataset: what is in it, how it is split, who labeled it, what is different from another, and a way to take it away. */
export function DatasetPage() {
  const t = useT();
  const { digest = "" } = useParams();
  const query = useDataset(digest);
  const others = useDatasets().data ?? [];
  const [against, setAgainst] = useState<string | null>(null);
  const choices = [...new Map(others.map((one) => [one.digest, one])).values()].filter((one) => one.digest !== digest);
  return (
    <div className={styles.page}>
      <PageHeader
        title={query.data?.name ?? t("data.dataset")}
        beside={
          <Breadcrumbs>
            <Anchor component={Link} size="sm" to="/data/datasets">
              {t("data.datasets")}
            </Anchor>
            <span className={styles.digest}>{digest.slice(0, 19)}…</span>
          </Breadcrumbs>
        }
        actions={query.data && <Downloads digest={digest} />}
      />
      <div className={styles.scroll} tabIndex={0}>
        {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
        {query.isPending && <Waiting />}
        {query.data && (
          <>
            <div className={styles.summary}>
              <DatasetFacts dataset={query.data} />
              <Splits dataset={query.data} />
            </div>
            {choices.length > 0 && (
              <section className={styles.compare}>
                <Select
                  size="xs"
                  w={320}
                  clearable
                  label={t("data.compare")}
                  placeholder={t("data.compare_with")}
                  value={against}
                  onChange={setAgainst}
                  data={choices.map((one) => ({
                    value: one.digest,
                    label: `${one.name} (${one.digest.slice(7, 19)})`,
                  }))}
                />
                {against !== null && <Difference a={against} b={digest} />}
              </section>
            )}
            <ImageGrid dataset={query.data} />
          </>
        )}
      </div>
    </div>
  );
}
