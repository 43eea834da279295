import { Button } from "@mantine/core";
import { useT } from "@/i18n";
import type { usePages } from "@/api/usePages";

/** The next page of a list, when there is one. */
export function More({ query }: { query: ReturnType<typeof usePages>["query"] }) {
  const t = useT();
  if (!query.hasNextPage) return null;
  return (
    <Button variant="default" mt="md" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
      {t("state.more")}
    </Button>
  );
}
