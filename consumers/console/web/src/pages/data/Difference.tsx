import { Table } from "@mantine/core";
import { useDatasetDiff, type DatasetDiff } from "@/api/datasets";
import { ErrorState, Waiting } from "@/components/States";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import styles from "./data.module.css";

type Changed = DatasetDiff["changed_images"][number];

function ChangedLine({ image }: { image: Changed }) {
  const t = useT();
  const label = (name: string | null) => name ?? t("data.unlabeled");
  return (
    <Table.Tr>
      <Table.Td>
        <img src={image.thumbnail_url} alt="" className={styles.thumb} loading="lazy" />
      </Table.Td>
      <Table.Td>{image.frame_id ?? image.sha256.slice(0, 12)}</Table.Td>
      <Table.Td>
        {image.label_before === image.label_after
          ? label(image.label_after)
          : `${label(image.label_before)} → ${label(image.label_after)}`}
      </Table.Td>
      <Table.Td>{image.boxes_changed ? t("data.boxes_changed") : ""}</Table.Td>
      <Table.Td>
        {image.split_before === image.split_after ? image.split_after : `${image.split_before} → ${image.split_after}`}
      </Table.Td>
      <Table.Td>{image.labelers_after.join(", ")}</Table.Td>
    </Table.Tr>
  );
}

/** What is different in dataset b, image by image. */
export function Difference({ a, b }: { a: string; b: string }) {
  const t = useT();
  const format = useFormat();
  const query = useDatasetDiff(a, b);
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Waiting rows={3} />;
  const { same, added, removed, changed, moved, changed_images: images } = query.data;
  return (
    <>
      <p className={styles.diff}>
        {t("data.diff", {
          same: format.number(same),
          added: format.number(added),
          removed: format.number(removed),
          changed: format.number(changed),
          moved: format.number(moved),
        })}
      </p>
      {images.length > 0 && (
        <Table className={styles.table} verticalSpacing={4}>
          <Table.Tbody>
            {images.slice(0, 200).map((image) => (
              <ChangedLine key={image.sha256} image={image} />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  );
}
