import type { EdgeadmError, ErrorCode } from '../../errors/index.ts';
import type { CheckContext } from './context.ts';

type Severity = 'error' | 'warning';

/** What a check found. `found` is the evidence, `remedy` the next step. */
export type CheckResult =
  | { readonly status: 'pass'; readonly found?: string }
  | {
      readonly status: 'fail';
      /** Default: the severity of the check. */
      readonly severity?: Severity;
      readonly found: string;
      readonly remedy?: string;
      /** Becomes the code of the whole error if no other check failed with another one. */
      readonly code?: ErrorCode;
      /** What was thrown. Checks that share a read throw the same error, which is said once. */
      readonly cause?: EdgeadmError;
    }
  | { readonly status: 'skip'; readonly reason: string };

/**
 * A check of the node or of its way to the cluster, made before a join; the registry is checks.ts.
 * (cluster-upgrade/precheck has those of a whole cluster before an upgrade, phases/upgrade/precheck.ts those of one
 * node before it, diagnose/rules.ts what is read out of collected facts.) It changes nothing: it has only the asking
 * half of a Host.
 */
export interface Check {
  /** Stable; kubeadm's name if it has one. */
  readonly name: string;
  /** Exit 3 for the node, 4 for the cluster and the way to it. */
  readonly concerns: 'node' | 'cluster';
  readonly severity: Severity;
  /** For docs/preflight.md: what is checked, one sentence. */
  readonly about: string;
  /** The remedy if a result names none. */
  readonly remedy: string;
  /** Checks that come first; if one of them failed, this one is skipped and says so. */
  readonly needs?: readonly string[];
  /** An EdgeadmError that is thrown counts as a failure with the error's evidence. */
  readonly run: (context: CheckContext) => Promise<CheckResult>;
}

/** A result together with the check it belongs to and what became of it. */
export interface Verdict {
  readonly check: string;
  readonly concerns: Check['concerns'];
  readonly status: 'ok' | 'error' | 'warning' | 'skipped';
  /** What was found; for a skipped check the reason. */
  readonly found?: string;
  readonly remedy?: string;
  /** An error that --ignore-preflight-errors turned into a warning. */
  readonly ignored?: boolean;
  readonly code?: ErrorCode;
  /** From its start, which is when the checks it needs are done, to its answer. All checks run side by side. */
  readonly durationMs: number;
}

export const pass = (found?: string): CheckResult => ({ status: 'pass', found });
export const skip = (reason: string): CheckResult => ({ status: 'skip', reason });
export const fail = (
  found: string,
  rest: Omit<Extract<CheckResult, { status: 'fail' }>, 'status' | 'found'> = {},
): CheckResult => ({ status: 'fail', found, ...rest });
