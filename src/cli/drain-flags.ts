import { Flags } from '@oclif/core';
import type { DrainPolicy } from '../kubernetes/drain/pods.ts';

/** How long a drain may take for all pods of a node together, in milliseconds. */
export const DRAIN_TIMEOUT_MS = 120_000;

/** Flags of the commands that drain nodes, by kubectl drain's names. */
export const drainFlags = {
  force: Flags.boolean({
    default: false,
    description: 'drain: also evict pods that no controller recreates',
  }),
  'delete-emptydir-data': Flags.boolean({
    default: false,
    description: 'drain: also evict pods with emptyDir volumes; their data is deleted',
  }),
};

export interface DrainFlags {
  readonly force: boolean;
  readonly 'delete-emptydir-data': boolean;
}

/** What the flags let a drain do. */
export function drainPolicyOf(flags: DrainFlags): DrainPolicy {
  return { force: flags.force, deleteEmptyDirData: flags['delete-emptydir-data'] };
}
