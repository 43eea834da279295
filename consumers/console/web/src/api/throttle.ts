/** What many events ask for is done at once, then at most every `everyMs`; the last wish is always granted. */
export function throttle(act: () => void, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = false;
  const run = () => {
    again = false;
    timer = setTimeout(() => {
      timer = undefined;
      if (again) run();
    }, everyMs);
    act();
  };
  return () => {
    if (timer === undefined) run();
    else again = true;
  };
}
