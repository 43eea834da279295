import { Select } from "@mantine/core";
import { Factory } from "lucide-react";
import { useEdges } from "@/api/plant";
import type { EdgeView } from "@/api/types";
import { useT } from "@/i18n";
import { usePlace, type Place } from "./place";

const LINE = "line:";
const EDGE = "edge:";

function groupedByLine(edges: readonly EdgeView[]): Map<string, EdgeView[]> {
  const lines = new Map<string, EdgeView[]>();
  for (const edge of edges) {
    const line = edge.line ?? "";
    lines.set(line, [...(lines.get(line) ?? []), edge]);
  }
  return lines;
}

/** Lines with their edges below them; edges without a line come last. */
export function choices(edges: readonly EdgeView[]): { group: string; items: { value: string; label: string }[] }[] {
  return [...groupedByLine(edges)]
    .sort(([one], [other]) =>
      one === "" ? 1 : other === "" ? -1 : one.localeCompare(other, undefined, { numeric: true }),
    )
    .map(([line, members]) => ({
      group: line,
      items: [
        ...(line === "" ? [] : [{ value: LINE + line, label: line }]),
        ...members
          .map((edge) => ({ value: EDGE + edge.edge_id, label: edge.edge_id }))
          .sort((one, other) => one.label.localeCompare(other.label, undefined, { numeric: true })),
      ],
    }));
}

const valueOf = (place: Place): string | null =>
  place.edge !== null ? EDGE + place.edge : place.line !== null ? LINE + place.line : null;

export function EdgePicker() {
  const t = useT();
  const [place, choose] = usePlace();
  const edges = useEdges().data ?? [];
  return (
    <Select
      aria-label={t("bar.picker")}
      placeholder={t("bar.all_lines")}
      nothingFoundMessage={t("bar.picker_none")}
      leftSection={<Factory size={15} strokeWidth={1.75} aria-hidden />}
      data={choices(edges)}
      value={valueOf(place)}
      onChange={(value) =>
        choose({
          line: value?.startsWith(LINE) ? value.slice(LINE.length) : null,
          edge: value?.startsWith(EDGE) ? value.slice(EDGE.length) : null,
        })
      }
      searchable
      clearable
      limit={300}
      w={210}
      size="sm"
    />
  );
}
