/**
 * What is chosen after a click on `frame`: it is turned on or off; with an `anchor` (Shift) everything from there to the
 * frame is turned on. `order` is how the frames stand on the page.
 */
export function chosenAfter(
  before: ReadonlySet<string>,
  order: readonly string[],
  frame: string,
  anchor: string | null,
): ReadonlySet<string> {
  const after = new Set(before);
  const [from, to] = [order.indexOf(anchor ?? frame), order.indexOf(frame)];
  if (anchor !== null && anchor !== frame && from >= 0 && to >= 0) {
    order.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((one) => after.add(one));
  } else if (!after.delete(frame)) {
    after.add(frame);
  }
  return after;
}
