import assert from 'node:assert/strict';

const [SMALL, FACTOR] = [12_500, 16];
/** Milliseconds below which a measurement says nothing. */
const NOISE_MS = 20;

/**
 * Asserts that what is done to a text costs about as much more as the text is longer. Measured in time of the processor,
 * long against short, so that a busy machine changes nothing: what grows with the square would cost 256 times as much.
 */
export function assertGrowsWithLength(work: (text: string) => unknown, piece: string): void {
  const cost = (length: number): number => {
    const text = piece.repeat(length / piece.length);
    const before = process.cpuUsage();
    work(text);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  // Once for the compiler.
  cost(SMALL);
  const short = cost(SMALL);
  const most = FACTOR * 4 * Math.max(short, NOISE_MS / FACTOR);
  // The collector of garbage is on the same bill: the cheapest of up to three runs says what the work costs.
  let long = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3 && long > most; run++) long = Math.min(long, cost(SMALL * FACTOR));
  assert.ok(long <= most, `${JSON.stringify(piece)}: ${short} ms, but ${long} ms where it is ${FACTOR} times as long`);
}
