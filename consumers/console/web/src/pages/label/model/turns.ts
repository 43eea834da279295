/** A turn that nothing came of for so long holds the others up no more: its answer may never come. */
const PATIENCE_MS = 15_000;

/**
 * One at a time, in the order asked for. Claims and releases of a person take turns: a release that reached the server
 * after the next claim would take away what that one got, as a lease held already comes with the same token.
 */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  take<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.waiting === 0 ? act() : this.last.then(act);
    this.waiting += 1;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE_MS)));
    const over = turn.then(
      () => undefined,
      () => undefined,
    );
    this.last = Promise.race([over, late]).finally(() => {
      clearTimeout(timer);
      this.waiting -= 1;
    });
    return turn;
  }
}
