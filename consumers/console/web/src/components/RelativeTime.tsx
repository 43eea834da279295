import { Tooltip } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useFormat } from "@/format";

/** One clock for all times on the page; it beats every ten seconds while somebody listens. */
const listeners = new Set<() => void>();
let now = Date.now();
let beat: ReturnType<typeof setInterval> | undefined;

function listen(listener: () => void): () => void {
  listeners.add(listener);
  if (beat === undefined) now = Date.now();
  beat ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((one) => one());
  }, 10_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(beat);
    beat = undefined;
  };
}

export function useNow(): number {
  return useSyncExternalStore(listen, () => now);
}

/** A time as people say it; the exact one with its zone on hover and focus. */
export function RelativeTime({ us }: { us: number }) {
  const format = useFormat();
  const absolute = format.absolute(us);
  return (
    <Tooltip label={absolute}>
      <time dateTime={new Date(us / 1000).toISOString()} className="lw-figures" aria-label={absolute}>
        {format.relative(us, useNow())}
      </time>
    </Tooltip>
  );
}
