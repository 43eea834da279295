export interface Found {
  kind: "page" | "line" | "edge" | "frame";
  name: string;
  to: string;
}

/** A frame id is `<camera_id>/<sequence>`; its page's address, or null when the words are none. */
export function frameAddress(query: string): string | null {
  const parts = /^(.+)\/(\d+)$/.exec(query.trim());
  if (!parts) return null;
  return `/monitor/frames/${encodeURIComponent(parts[1] ?? "")}/${parts[2] ?? ""}`;
}

/** What is called so: names that begin with the words first, then those that hold them; at most thirty. */
export function findAll(all: readonly Found[], query: string): Found[] {
  const words = query.trim().toLowerCase();
  if (words === "") return all.slice(0, 30);
  const rank = (one: Found) => one.name.toLowerCase().indexOf(words);
  return all
    .filter((one) => rank(one) >= 0)
    .sort((one, other) => Math.min(rank(one), 1) - Math.min(rank(other), 1))
    .slice(0, 30);
}
