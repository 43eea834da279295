import type { ReactNode } from "react";
import type { DatasetDetail } from "@/api/datasets";
import { Facts } from "@/components/Facts";
import { RelativeTime } from "@/components/RelativeTime";
import { Truncated } from "@/components/Truncated";
import { useFormat } from "@/format";
import { useT } from "@/i18n";

const listed = (counts: Record<string, number>, number: (value: number) => string): string =>
  Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${name} ${number(count)}`)
    .join(", ");

/** What a manifest says of its dataset, in words and figures. */
export function DatasetFacts({ dataset }: { dataset: DatasetDetail }) {
  const t = useT();
  const format = useFormat();
  const { agreement } = dataset;
  const rows: [string, ReactNode][] = [
    [t("data.images"), format.number(dataset.frames)],
    [t("data.size"), format.size(dataset.size)],
    [t("data.edges"), <Truncated key="edges">{dataset.edge_ids.join(", ")}</Truncated>],
    [t("data.labelers"), listed(dataset.labelers, format.number) || "–"],
    [
      t("data.agreement"),
      agreement.pairs === 0
        ? t("data.no_pairs")
        : t("data.agreed", {
            agreed: format.number(agreement.agreed),
            count: agreement.pairs,
            kappa: agreement.kappa === null ? "–" : format.number(agreement.kappa, 2),
          }),
    ],
    [t("data.twins"), format.number(dataset.twins)],
    [t("data.missing"), format.number(dataset.missing)],
    [t("data.built"), <RelativeTime key="built" us={dataset.built_at_us} />],
    [t("data.built_by"), <Truncated key="by">{dataset.built_by}</Truncated>],
    [t("data.digest"), <Truncated key="digest">{dataset.digest}</Truncated>],
  ];
  if (Object.keys(dataset.left_out).length > 0)
    rows.push([t("data.left_out"), listed(dataset.left_out, format.number)]);
  return <Facts rows={rows} wide />;
}
