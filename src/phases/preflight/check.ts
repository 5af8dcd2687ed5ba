import type { PhaseTools } from '../../workflow/phase.ts';
import type { JoinContext } from '../join/context.ts';

export type Severity = 'error' | 'warning';

/** What a check found. `found` is the evidence, `remedy` the next step. */
export type CheckResult =
  | { readonly status: 'pass'; readonly found?: string }
  | {
      readonly status: 'fail';
      readonly severity?: Severity;
      readonly found: string;
      readonly remedy?: string;
      readonly code?: string;
    }
  | { readonly status: 'skip'; readonly reason: string };

/** A check of the node or of its way to the cluster. It changes nothing: it has only the asking half of a Host. */
export interface Check {
  /** Stable; kubeadm's name where it has one. */
  readonly name: string;
  /** Exit 3 for the node, 4 for the cluster and the way to it. */
  readonly concerns: 'node' | 'cluster';
  readonly severity: Severity;
  /** For docs/preflight.md: what is looked at, one sentence. */
  readonly about: string;
  /** The remedy where a result names none. */
  readonly remedy: string;
  readonly run: (context: JoinContext & Pick<PhaseTools, 'signal'>) => Promise<CheckResult>;
}

/** A result together with the check it belongs to and what became of it. */
export interface Verdict {
  readonly check: string;
  readonly concerns: Check['concerns'];
  readonly status: 'ok' | 'error' | 'warning' | 'skipped';
  readonly found?: string;
  readonly remedy?: string;
  /** An error that --ignore-preflight-errors turned into a warning. */
  readonly ignored?: boolean;
  readonly code?: string;
}
