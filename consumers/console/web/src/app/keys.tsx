import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";

/** One thing a key does on the page that is open. */
export interface KeyAct {
  /** `event.key` values, lower case for letters: `["z", "Backspace"]`. */
  keys: readonly string[];
  /** What it does, for the list that `?` shows; left out of the list when undefined. */
  text?: string;
  /** How the list shows the keys; default is `keys` joined. */
  shown?: readonly string[];
  /** Do it. Return false to leave the key to the browser. */
  act: (event: KeyboardEvent) => unknown;
  /** Held keys repeat it (nudging); otherwise a held key acts once. */
  repeats?: boolean;
}

interface Registry {
  acts: () => readonly KeyAct[];
  register: (acts: () => readonly KeyAct[]) => () => void;
}

const Context = createContext<Registry | null>(null);

const TYPING =
  "input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]";
const PRESSABLE = "button, a[href], [role=button], [role=menuitem], [role=option], [role=tab], summary, input";

/** Whether the key belongs to what has the focus: text being typed, or Space and Enter on a button. */
export function belongsToFocus(event: Pick<KeyboardEvent, "key">, focused: Element | null): boolean {
  if (!focused) return false;
  if (focused.closest(TYPING)) return true;
  if (focused.closest("[role=dialog], [role=menu], [role=listbox]")) return true;
  if (focused.closest("[role=slider], input[type=range]") && /^(Arrow|Home|End|Page)/.test(event.key)) return true;
  return (event.key === " " || event.key === "Enter") && focused.closest(PRESSABLE) !== null;
}

/**
 * What a key is called here: letters in lower case and digits by their place, so that a Korean input mode (ㅕ for U) and a
 * French row of digits (& for 1) work too; with Ctrl as `Ctrl+z`.
 */
export function nameOf(event: Pick<KeyboardEvent, "key" | "code" | "shiftKey" | "ctrlKey">): string {
  const place = /^(?:Key([A-Z])|(?:Digit|Numpad)(\d))$/.exec(event.code);
  let name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (place?.[1] !== undefined && !/^[\x20-\x7e]$/.test(name)) name = place[1].toLowerCase();
  if (place?.[2] !== undefined && !event.shiftKey && name.length === 1) name = place[2];
  return event.ctrlKey ? `Ctrl+${name}` : name;
}

export function KeysProvider({ children }: { children: ReactNode }) {
  const sets = useRef<(() => readonly KeyAct[])[]>([]);
  const registry = useMemo<Registry>(
    () => ({
      // The page that came last is asked first.
      acts: () => sets.current.toReversed().flatMap((set) => set()),
      register: (set) => {
        sets.current.push(set);
        return () => {
          sets.current = sets.current.filter((one) => one !== set);
        };
      },
    }),
    [],
  );
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.metaKey || event.isComposing) return;
      if (belongsToFocus(event, document.activeElement)) return;
      const name = nameOf(event);
      const act = registry.acts().find((one) => one.keys.includes(name));
      if (!act || (event.repeat && !act.repeats)) return;
      if (act.act(event) !== false) event.preventDefault();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [registry]);
  return <Context value={registry}>{children}</Context>;
}

function useRegistry(): Registry {
  const registry = useContext(Context);
  if (!registry) throw new Error("keys are used outside KeysProvider");
  return registry;
}

/** Bind keys while the component is there. `acts` is read at each key, so it may close over anything of this render. */
export function useKeyActs(acts: readonly KeyAct[]): void {
  const registry = useRegistry();
  const latest = useRef(acts);
  useEffect(() => {
    latest.current = acts;
  });
  useEffect(() => registry.register(() => latest.current), [registry]);
}

/** The acts that have words, as they stand when `open` turns true. */
export function useKeyList(open: boolean): readonly KeyAct[] {
  const registry = useRegistry();
  const [list, setList] = useState<readonly KeyAct[]>([]);
  const [was, setWas] = useState(false);
  if (open !== was) {
    setWas(open);
    if (open) setList(registry.acts().filter((act) => act.text !== undefined));
  }
  return list;
}
