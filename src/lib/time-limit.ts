/**
 * Calls `onLate` once the time is over, unless what it waits for has arrived by then: after a moment in which this process
 * did something else, timers are due before the connections are read. What arrived in time and is read late is not late.
 * @returns ends the limit
 * @see https://nodejs.org/learn/asynchronous-work/event-loop-timers-and-nexttick
 */
export function timeLimit(ms: number, onLate: () => void): () => void {
  let reading: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    reading = setImmediate(onLate);
  }, ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(reading);
  };
}
