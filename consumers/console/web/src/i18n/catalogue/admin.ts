/** Texts of the pages under /admin. */
export const admin = {} as const satisfies Record<string, readonly [en: string, ko: string]>;
