import { Tooltip } from "@mantine/core";
import { useFormat } from "@/format";
import styles from "./data.module.css";

/** How many images each class has: bars against the largest, with figures; long names end in dots. */
export function Balance({ counts }: { counts: Record<string, number> }) {
  const format = useFormat();
  const classes = Object.entries(counts).sort(([, one], [, other]) => other - one);
  const largest = Math.max(...classes.map(([, count]) => count), 1);
  return (
    <ul className={styles.bars}>
      {classes.map(([name, count]) => (
        <li key={name}>
          <Tooltip label={name} openDelay={600}>
            <span className="lw-ellipsis">{name}</span>
          </Tooltip>
          <span className={styles.bar} aria-hidden>
            <span style={{ width: `${(100 * count) / largest}%` }} />
          </span>
          <span className={styles.count}>{format.number(count)}</span>
        </li>
      ))}
    </ul>
  );
}
