import type { V1Node } from '@kubernetes/client-node';
import { conditionOf } from './conditions.ts';

export function nodeNameOf({ metadata }: V1Node): string {
  return metadata?.name ?? '';
}

/** True if the kubelet no longer reports: the node controller then sets Ready to Unknown. */
export function isOffline(node: V1Node): boolean {
  return conditionOf(node, 'Ready')?.status === 'Unknown';
}

export function isWindows(node: V1Node): boolean {
  return operatingSystemOf(node) === 'windows';
}

/** `linux`, `windows`; undefined before the kubelet has reported. */
export function operatingSystemOf({ metadata, status }: V1Node): string | undefined {
  return status?.nodeInfo?.operatingSystem ?? metadata?.labels?.['kubernetes.io/os'];
}

/** `v1.20.2`; undefined before the kubelet has reported. */
export function reportedKubeletVersion({ status }: V1Node): string | undefined {
  return status?.nodeInfo?.kubeletVersion || undefined;
}
