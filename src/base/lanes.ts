/**
 * Hands out lanes, such as connections, each to one piece of work at a time. Who comes when none is
 * free waits for the next, in the order of coming. The lane that was given back last is handed out
 * first: where one is enough, the others are never used.
 */
export function createLanes<Lane>(
  lanes: readonly Lane[],
): <Result>(work: (lane: Lane) => Promise<Result>) => Promise<Result> {
  const free = lanes.toReversed();
  const waiting: ((lane: Lane) => void)[] = [];

  function giveBack(lane: Lane): void {
    const next = waiting.shift();
    if (next) next(lane);
    else free.push(lane);
  }

  return async (work) => {
    const lane = free.pop() ?? (await new Promise<Lane>((resolve) => void waiting.push(resolve)));
    try {
      return await work(lane);
    } finally {
      giveBack(lane);
    }
  };
}
