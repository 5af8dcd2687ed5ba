/**
 * What edgeadm bought it knows by its name, which says for which instance: the only thing of ours that the cloud keeps,
 * since orders have no client token.
 */
const MARKER = /^edgeadm-(.+)-(\d+)$/;

/** The name of the n-th interface bought for an instance. */
function markerName(instanceId: string, number: number): string {
  return `edgeadm-${instanceId}-${number}`;
}

/** The instance that an interface was bought for; undefined if edgeadm did not buy it. */
export function purchasedFor(name: string): string | undefined {
  return MARKER.exec(name)?.[1];
}

/** So many names of an instance that are not taken. */
export function freeNames(instanceId: string, count: number, taken: readonly string[]): string[] {
  const free: string[] = [];
  for (let number = 1; free.length < count; number++) {
    const name = markerName(instanceId, number);
    if (!taken.includes(name)) free.push(name);
  }
  return free;
}
