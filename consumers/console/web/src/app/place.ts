import { useCallback } from "react";
import { useSearchParams } from "react-router";

/** Where the person looks: a line, an edge, or everything. It lives in the address, so that a link shows the same. */
export interface Place {
  line: string | null;
  edge: string | null;
}

export function usePlace(): [Place, (place: Place) => void] {
  const [parameters, setParameters] = useSearchParams();
  const place = { line: parameters.get("line"), edge: parameters.get("edge") };
  const choose = useCallback(
    (next: Place) => {
      setParameters((before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(next) as [keyof Place, string | null][]) {
          if (value === null) after.delete(name);
          else after.set(name, value);
        }
        return after;
      });
    },
    [setParameters],
  );
  return [place, choose];
}
