/** Does one piece of work after the other, in the order in which they are given. */
type Turns = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * Makes {@link Turns}. Work that fails fails for its caller only; the next piece begins all the
 * same.
 */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
