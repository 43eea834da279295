import { onSignedOut } from "@/api/client";
import { postOf, putDraftOf } from "./calls";
import { Drafts } from "./model/drafts";
import { Outbox } from "./model/outbox";
import { Pictures } from "./model/pictures";
import { Turns } from "./model/turns";
import { Windows } from "./model/windows";

export interface Desk {
  outbox: Outbox;
  drafts: Drafts;
  pictures: Pictures;
  turns: Turns;
  windows: Windows;
  delivered: Set<() => void>;
}

/** One desk a person, for as long as the window lives: what waits to be sent goes on being sent from every page. */
const desks = new Map<string, Desk>();

export function deskOf(person: string): Desk {
  const found = desks.get(person);
  if (found) return found;
  const delivered = new Set<() => void>();
  const tell = () => delivered.forEach((listener) => listener());
  const desk: Desk = {
    outbox: new Outbox(person, postOf(person), { delivered: tell, refused: tell }),
    drafts: new Drafts(person, putDraftOf(person)),
    pictures: new Pictures(),
    turns: new Turns(),
    windows: new Windows(person),
    delivered,
  };
  desks.set(person, desk);
  return desk;
}

/** The session is this person's: their desk sends, and nobody else's does. */
export function attend(person: string): void {
  for (const [name, desk] of desks) {
    if (name === person) resume(desk);
    else stop(desk);
  }
}

function resume({ outbox, drafts }: Desk): void {
  outbox.resume();
  drafts.resume();
}

function stop({ outbox, drafts }: Desk): void {
  outbox.stop();
  drafts.stop();
}

// Until the session is known again, nobody sends: another person may be signed in by then.
onSignedOut(() => desks.forEach(stop));
