import { OfflineError, ProblemError } from "@/api/problem";
import { catalogue, type TextKey } from ".";

/** Why something failed: a text of the catalogue, and the server's own words where there are any. */
export interface Why {
  /** Null where the catalogue has nothing to say: the server's words stand alone. */
  text: TextKey | null;
  words: string | null;
}

const textOf = (key: string): TextKey | null => (key in catalogue ? (key as TextKey) : null);

/** Why the server said no, by the code of its problem document. */
export const problemWhy = (code: string, detail: string): Why => ({ text: textOf(`problem.${code}`), words: detail });

export function errorWhy(error: unknown): Why {
  if (error instanceof OfflineError) return { text: "state.offline", words: null };
  if (error instanceof ProblemError) return problemWhy(error.code, error.message);
  return { text: null, words: error instanceof Error ? error.message : String(error) };
}
