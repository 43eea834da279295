import { useInfiniteQuery } from "@tanstack/react-query";
import { request } from "@/api/client";

interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/** A list that comes in pages, the newest first; `filters` with nothing in them are left out. */
export function usePages<Item>(path: string, filters: Record<string, string>) {
  const query = useInfiniteQuery({
    queryKey: [path, filters],
    queryFn: ({ signal, pageParam }) =>
      request<Page<Item>>("GET", path, { signal, query: { ...filters, cursor: pageParam } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  return { query, items: query.data?.pages.flatMap((page) => page.items) ?? [] };
}
