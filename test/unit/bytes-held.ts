import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * The most bytes of buffers that some work holds at once. Garbage does not count, so it depends neither on when it is
 * collected nor on what else the machine does, as the size of the process would.
 */
export async function mostBytesHeld(work: () => Promise<unknown>): Promise<number> {
  const heldNow = (): number => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const before = heldNow();
  let most = before;
  // Each pause begins when a look is over, so that the work goes on however long a look takes.
  const timer = setTimeout(() => {
    most = Math.max(most, heldNow());
    timer.refresh();
  }, 100);
  try {
    await work();
  } finally {
    clearTimeout(timer);
  }
  return most - before;
}
