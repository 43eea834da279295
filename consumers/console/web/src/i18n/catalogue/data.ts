/** Texts of the pages under /data. */
export const data = {} as const satisfies Record<string, readonly [en: string, ko: string]>;
