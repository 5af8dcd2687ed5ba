import type { V1Node } from '@kubernetes/client-node';
import type { PrecheckFacts } from './facts.ts';
import type { ReportRow } from './report.ts';

/** What a check may look at. Nothing in it changes the cluster. */
export interface UpgradeCheckContext {
  readonly facts: PrecheckFacts;
  /** The nodes that are to be upgraded. */
  readonly nodes: readonly V1Node[];
  /** `v1.20.3` */
  readonly targetVersion: string;
  /** True if the pods of a node are evicted before it is upgraded. */
  readonly drain: boolean;
}

/** What a check found; effect and advice are those of the check if the finding has none of its own. */
export type UpgradeFinding = Omit<ReportRow, 'check' | 'effect' | 'advice'> &
  Partial<Pick<ReportRow, 'effect' | 'advice'>>;

/** A check of a cluster before its nodes are upgraded. */
export interface UpgradeCheck {
  /** Stable. */
  readonly name: string;
  /** For docs/cluster-upgrade-checks.md: what is checked, and what makes which result. */
  readonly about: string;
  /** What happens if the upgrade starts anyway. */
  readonly effect: string;
  readonly advice: string;
  /** Throws if a fact cannot be read; the row then shows why. Never returns an empty list: say what is normal. */
  readonly run: (context: UpgradeCheckContext) => Promise<readonly UpgradeFinding[]>;
}

export const normal = (reason: string): readonly UpgradeFinding[] => [{ result: 'normal', reason }];

/** The findings; if there are none, that all is normal. */
export function orNormal(findings: readonly UpgradeFinding[], reason: string): readonly UpgradeFinding[] {
  return findings.length > 0 ? findings : normal(reason);
}
