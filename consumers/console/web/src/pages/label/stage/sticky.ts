import { useEffect, useState } from "react";
import { WHOLE, type View } from "../model/geometry";

/** How a person likes to see the images of an edge; kept on this machine, edge by edge. */
export interface Sticky {
  /** 1 is as captured. */
  brightness: number;
  contrast: number;
  view: View;
}

const PLAIN: Sticky = { brightness: 1, contrast: 1, view: WHOLE };
const keyOf = (edgeId: string) => `linewatch.view.${edgeId}`;

function kept(edgeId: string): Sticky {
  try {
    const found = JSON.parse(localStorage.getItem(keyOf(edgeId)) ?? "null") as Partial<Sticky> | null;
    return { ...PLAIN, ...found };
  } catch {
    return PLAIN; // what is unreadable is forgotten
  }
}

export function useSticky(edgeId: string): [Sticky, (change: Partial<Sticky>) => void] {
  const [held, setHeld] = useState(() => ({ edgeId, sticky: kept(edgeId) }));
  // Another edge: its own look, before anything is drawn with that of the last one.
  if (held.edgeId !== edgeId) setHeld({ edgeId, sticky: kept(edgeId) });
  useEffect(() => {
    const timer = setTimeout(() => localStorage.setItem(keyOf(held.edgeId), JSON.stringify(held.sticky)), 300);
    return () => clearTimeout(timer);
  }, [held]);
  return [
    held.sticky,
    (change) => setHeld((was) => (was.edgeId === edgeId ? { edgeId, sticky: { ...was.sticky, ...change } } : was)),
  ];
}
