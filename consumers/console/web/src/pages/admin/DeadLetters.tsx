import { Table } from "@mantine/core";
import { MailX } from "lucide-react";
import type { Views } from "@/api/types";
import { usePages } from "@/api/usePages";
import { More } from "@/components/More";
import { RelativeTime } from "@/components/RelativeTime";
import { EmptyState, ErrorState, Waiting } from "@/components/States";
import { Truncated } from "@/components/Truncated";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import styles from "./admin.module.css";

type Letter = Views["DeadLetterView"];

const placeOf = (letter: Letter): string =>
  letter.topic === null
    ? (letter.origin ?? "–")
    : `${letter.topic}[${letter.partition ?? "?"}]@${letter.offset ?? "?"}`;

function LetterLine({ letter }: { letter: Letter }) {
  const format = useFormat();
  return (
    <Table.Tr>
      <Table.Td className={styles.when}>
        <RelativeTime us={letter.at_us} />
      </Table.Td>
      <Table.Td className={styles.short}>
        <Truncated>{letter.reader}</Truncated>
      </Table.Td>
      <Table.Td className={styles.wide}>
        <span className={styles.anywhere}>{letter.reason}</span>
        <div className="lw-dim">{letter.kind}</div>
      </Table.Td>
      <Table.Td className={styles.short}>
        <Truncated>{placeOf(letter)}</Truncated>
      </Table.Td>
      <Table.Td className={styles.number}>{format.size(letter.size)}</Table.Td>
    </Table.Tr>
  );
}

/** What nobody could read, kept whole with the reason, the newest first. */
export function DeadLetters() {
  const t = useT();
  const { query, items } = usePages<Letter>("/api/dead-letters", {});
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.isPending) return <Waiting />;
  if (items.length === 0) {
    return (
      <EmptyState icon={MailX} title={t("admin.no_letters")}>
        {t("admin.no_letters_hint")}
      </EmptyState>
    );
  }
  return (
    <>
      <Table verticalSpacing="xs" className={styles.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("admin.when")}</Table.Th>
            <Table.Th>{t("admin.reader")}</Table.Th>
            <Table.Th>{t("admin.why")}</Table.Th>
            <Table.Th>{t("admin.from_where")}</Table.Th>
            <Table.Th className={styles.number}>{t("data.size")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((letter) => (
            <LetterLine key={letter.letter_id} letter={letter} />
          ))}
        </Table.Tbody>
      </Table>
      <More query={query} />
    </>
  );
}
