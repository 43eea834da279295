import { Tooltip } from "@mantine/core";

/** Text on one line; when it does not fit, the whole of it on hover and focus. */
export function Truncated({ children, className = "" }: { children: string; className?: string }) {
  return (
    <Tooltip label={children} multiline maw={420} style={{ overflowWrap: "anywhere" }}>
      <span className={`lw-ellipsis ${className}`}>{children}</span>
    </Tooltip>
  );
}
