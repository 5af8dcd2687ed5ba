import type { ErrorCode } from '../../errors/index.ts';
import type { UpgradeNote } from '../../host/journal/entry.ts';
import { sameVersion } from './versions.ts';

/** What a run finds on the node when it begins. */
export interface Found {
  /** The upgrade that an earlier run did not complete. */
  readonly unfinished: Pick<UpgradeNote, 'from' | 'to'> | undefined;
  /** The version that is requested now. */
  readonly target: string;
  readonly migrateRuntime: boolean;
  readonly dryRun: boolean;
}

export type Beginning = 'upgrade' | 'continue' | 'roll back first';

const isSameTarget = ({ unfinished, target }: Found): boolean => sameVersion(unfinished?.to ?? '', target);
/** A move to containerd at the same version; only the flag tells it from its roll-back. */
const isMove = ({ unfinished }: Found): boolean => sameVersion(unfinished?.from ?? '', unfinished?.to ?? '');

/** How a run begins. The first row that fits counts. */
const BEGINNINGS: readonly (readonly [fits: (found: Found) => boolean, then: Beginning])[] = [
  [({ unfinished }) => unfinished === undefined, 'upgrade'],
  [({ dryRun }) => dryRun, 'upgrade'],
  [(found) => isSameTarget(found) && isMove(found) && !found.migrateRuntime, 'roll back first'],
  [isSameTarget, 'continue'],
  [() => true, 'roll back first'],
];

/** A run that did not succeed. */
export interface FailedRun {
  readonly where: 'before the phases' | 'in a phase';
  readonly code: ErrorCode;
  /** True if a signal or a time limit ended the run, and not a failure. */
  readonly wasInterrupted: boolean;
  /** True if the journal has an upgrade that was begun. */
  readonly isBegun: boolean;
  readonly dryRun: boolean;
}

export type End =
  | 'report'
  | 'report that nothing was changed'
  | 'interrupted'
  | 'roll back'
  | 'keep the kubelet running';

/** How a run that did not succeed ends. The first row that fits counts. */
const ENDS: readonly (readonly [where: FailedRun['where'], fits: (run: FailedRun) => boolean, then: End])[] = [
  ['before the phases', ({ wasInterrupted }) => wasInterrupted, 'interrupted'],
  ['before the phases', ({ isBegun, dryRun }) => !isBegun || dryRun, 'report'],
  // Nothing can be verified without the API server, but a kubelet that does not run is restored anyway.
  ['before the phases', ({ code }) => code === 'API_UNREACHABLE', 'keep the kubelet running'],
  ['before the phases', () => true, 'report'],
  ['in a phase', ({ dryRun }) => dryRun, 'report'],
  // The same command continues.
  ['in a phase', ({ wasInterrupted }) => wasInterrupted, 'interrupted'],
  ['in a phase', ({ isBegun }) => isBegun, 'roll back'],
  ['in a phase', () => true, 'report that nothing was changed'],
];

export function decideBeginning(found: Found): Beginning {
  return BEGINNINGS.find(([fits]) => fits(found))?.[1] ?? 'upgrade';
}

export function decideEnd(run: FailedRun): End {
  return ENDS.find(([where, fits]) => where === run.where && fits(run))?.[2] ?? 'report';
}
