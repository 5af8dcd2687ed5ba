import { quantityOf } from '../quantity.ts';

interface Reserved {
  readonly numaNode?: unknown;
  readonly limits?: Readonly<Record<string, unknown>>;
}

interface Question {
  readonly memoryManagerPolicy?: unknown;
  readonly reservedMemory?: unknown;
}

/**
 * Why a kubelet would exit over the static policy of memory: it compares what is reserved on each NUMA node with what
 * is kept from pods in all. Source: kubernetes, pkg/kubelet/cm/memorymanager, validateReservedMemory;
 * kubernetes/kubernetes#109766.
 * @param numaNodes numbers of those that are online; empty if not known
 * @param keptBytes what systemReserved, kubeReserved and evictionHard keep from pods
 */
export function memoryManagerFault(
  { memoryManagerPolicy, reservedMemory }: Question,
  numaNodes: readonly number[],
  keptBytes: number,
): string | undefined {
  if (memoryManagerPolicy !== 'Static') return undefined;
  const reserved: readonly Reserved[] = Array.isArray(reservedMemory) ? reservedMemory.map(Object) : [];
  const missing = reserved.map(({ numaNode }) => Number(numaNode ?? 0)).filter((node) => !numaNodes.includes(node));
  if (numaNodes.length > 0 && missing.length > 0) return `this node has no NUMA node ${missing.join(', ')}`;
  const sum = reserved.reduce((total, { limits }) => total + (quantityOf(String(limits?.memory ?? 0)) ?? 0), 0);
  // A percentage of the memory need not be a whole number of bytes.
  if (Math.abs(sum - keptBytes) < 1) return undefined;
  return `reservedMemory has ${mebibytes(sum)} of memory, and ${mebibytes(keptBytes)} are kept from pods`;
}

function mebibytes(bytes: number): string {
  return `${Math.round((bytes / 2 ** 20) * 100) / 100} MiB`;
}
