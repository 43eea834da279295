/** The least a password has; the server holds the same. */
export const LEAST = 12;

/** What is wrong with a new password typed twice, or null. Nothing is wrong with what is not typed yet. */
export function wrongWith(password: string, again: string): { missing: number } | "differ" | null {
  const typed = Array.from(password).length;
  if (typed > 0 && typed < LEAST) return { missing: LEAST - typed };
  if (again !== "" && again !== password) return "differ";
  return null;
}
