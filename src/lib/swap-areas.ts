/** The active swap areas in a text of /proc/swaps, whose first line is its header. */
export function swapAreas(procSwaps: string | undefined): string[] {
  return (procSwaps ?? '')
    .split('\n')
    .slice(1)
    .flatMap((line) => line.split(/\s/)[0] || []);
}
