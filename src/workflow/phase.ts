import type { WaitOptions } from '../lib/wait-for.ts';
import type { PhaseLog } from './events.ts';

/** What the engine gives every phase beside the workflow's own context. */
export interface PhaseTools {
  readonly log: PhaseLog;
  /** Aborted by Ctrl-C, SIGTERM, the time limit of the whole command, and the failure of a phase beside this one. */
  readonly signal: AbortSignal;
  /** The same without the failure of a phase beside this one: what changes the node must be over before that is rolled back. */
  readonly interrupted: AbortSignal;
  /** False in a dry run. */
  readonly wet: boolean;
  /**
   * Waits for the world to change; a dry run tells it and does not wait.
   * @returns what the probe found, undefined in a dry run
   */
  waitFor<T>(wait: Omit<WaitOptions<T>, 'signal'>): Promise<T | undefined>;
}

/**
 * One step of a workflow: a value, not a class. A pipeline is run again, never resumed: `check` says whether the
 * node is already as the phase wants it, and only what is missing is done.
 */
export interface Phase<C> {
  /** Stable name, in kubeadm's style: `prepare-node`. */
  readonly name: string;
  /** For people, in the imperative: "Prepare the system". */
  readonly title: string;
  /** False: the phase has nothing to do with this specification; a string says why. */
  readonly when?: (context: C) => boolean | string;
  /** True: the node is as this phase would leave it. */
  readonly check?: (context: C & PhaseTools) => Promise<boolean>;
  readonly run?: (context: C & PhaseTools) => Promise<void>;
  /** Rolls back what the journal does not know: pods that run, a Node object that claims to be Ready. */
  readonly rollBack?: (context: C & PhaseTools) => Promise<void>;
  /**
   * The phase that needs the outcome of this one, as `parent/child`; phases in between are run beside it. It comes later
   * below the same parent. A dry run, which changes nothing, runs one after the other; so does a function that names none.
   */
  readonly neededBy?: string | ((context: C) => Promise<string | undefined>);
  /** Sub-phases, run in order after `run`. */
  readonly phases?: readonly Phase<C>[];
}

/** Names of all phases with their sub-phases as `parent/child`, in order. */
export function phaseNames(phases: readonly Phase<never>[], parent = ''): string[] {
  return phases.flatMap((phase) => [
    `${parent}${phase.name}`,
    ...phaseNames(phase.phases ?? [], `${parent}${phase.name}/`),
  ]);
}
