import { Fragment, type ReactNode } from "react";
import styles from "./Facts.module.css";

interface Props {
  rows: readonly (readonly [name: string, value: ReactNode])[];
  /** Names that are sentences rather than words. */
  wide?: boolean;
}

/** Names and what they stand for, in two columns. */
export function Facts({ rows, wide = false }: Props) {
  return (
    <dl className={styles.facts} data-wide={wide}>
      {rows.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
