import type { V1Node } from '@kubernetes/client-node';
import { objects } from './objects.ts';

export function nameOf({ metadata }: V1Node): string {
  return metadata?.name ?? '';
}

/** `3 nodes: a, b, c` */
export function nodesOf(nodes: readonly V1Node[]): string {
  return objects('node', nodes.map(nameOf));
}

/** True where the kubelet no longer reports: the node controller then makes the condition Unknown. */
export function isOffline({ status }: V1Node): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'Unknown';
}

export function isWindows({ metadata, status }: V1Node): boolean {
  return (status?.nodeInfo?.operatingSystem ?? metadata?.labels?.['kubernetes.io/os']) === 'windows';
}

/** `v1.20.2`; undefined where the kubelet has never reported. */
export function kubeletVersionOf({ status }: V1Node): string | undefined {
  return status?.nodeInfo?.kubeletVersion || undefined;
}

/** What would be an error is a warning where only nodes have it that are offline: those are skipped. */
export function severityOf(nodes: readonly V1Node[]): 'error' | 'warning' {
  return nodes.every(isOffline) ? 'warning' : 'error';
}
