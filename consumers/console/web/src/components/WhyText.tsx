import { Text } from "@mantine/core";
import { useT } from "@/i18n";
import type { Why } from "@/i18n/problems";

/** Why something failed in the person's language; the server's own words below in small print. */
export function WhyText({ why: { text, words } }: { why: Why }) {
  const t = useT();
  if (text === null) return <>{words}</>;
  return (
    <>
      {t(text)}
      {words !== null && (
        <Text component="span" display="block" size="xs" className="lw-dim" lang="en">
          {words}
        </Text>
      )}
    </>
  );
}
