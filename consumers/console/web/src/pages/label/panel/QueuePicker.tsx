import { Select } from "@mantine/core";
import { usePlace } from "@/app/place";
import { useT } from "@/i18n";
import { useLabelEdges } from "../calls";

/** Which edge's queue, with how much is open; it is the same choice as the top bar's. */
export function QueuePicker() {
  const t = useT();
  const [place, choose] = usePlace();
  const edges = useLabelEdges().data ?? [];
  const data = [
    {
      value: "",
      label: t("label.queue_open", {
        edge: t("label.queue_all"),
        open: edges.reduce((sum, edge) => sum + edge.open, 0),
      }),
    },
    ...edges
      .toSorted((one, other) => other.open - one.open)
      .map((edge) => ({ value: edge.edge_id, label: t("label.queue_open", { edge: edge.edge_id, open: edge.open }) })),
  ];
  const known = place.edge === null || edges.some((edge) => edge.edge_id === place.edge);
  return (
    <Select
      aria-label={t("label.queue")}
      data={known ? data : [...data, { value: place.edge ?? "", label: place.edge ?? "" }]}
      value={place.edge ?? ""}
      onChange={(value) => choose({ line: null, edge: value === null || value === "" ? null : value })}
      allowDeselect={false}
      comboboxProps={{ withinPortal: true }}
    />
  );
}
