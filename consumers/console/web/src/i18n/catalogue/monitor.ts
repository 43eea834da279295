/** Texts of the pages under /monitor. */
export const monitor = {} as const satisfies Record<string, readonly [en: string, ko: string]>;
