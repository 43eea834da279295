import { useInfiniteQuery } from "@tanstack/react-query";
import { request } from "./client";

interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

type Filters = Record<string, string | number | boolean | null>;

/** A list that comes in pages; `filters` with nothing in them are left out. `fixed` is one that never changes. */
export function usePages<Item>(path: string, filters: Filters, { fixed = false } = {}) {
  const query = useInfiniteQuery({
    queryKey: [path, filters],
    queryFn: ({ signal, pageParam }) =>
      request<Page<Item>>("GET", path, { signal, query: { ...filters, cursor: pageParam } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    ...(fixed ? { staleTime: Infinity } : {}),
  });
  return { query, items: query.data?.pages.flatMap((page) => page.items) ?? [] };
}
