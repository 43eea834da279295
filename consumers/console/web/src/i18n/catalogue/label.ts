/** Texts of the pages under /label. */
export const label = {} as const satisfies Record<string, readonly [en: string, ko: string]>;
