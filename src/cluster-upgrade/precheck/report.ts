/** `normal`: nothing to do; `warning`: the upgrade can continue; `error`: fix it first. */
export type Result = 'normal' | 'warning' | 'error';

/** The results, the worst first. */
export const RESULTS: readonly Result[] = ['error', 'warning', 'normal'];

/** One finding of one check. Objects with the same problem share a row. */
export interface ReportRow {
  /** Name of the check. */
  readonly check: string;
  /** `3 nodes: a, b, c`; undefined if the finding is about the cluster as a whole. */
  readonly object?: string;
  readonly result: Result;
  /** What was found. */
  readonly reason: string;
  /** What happens if the upgrade starts anyway; empty if the result is normal. */
  readonly effect: string;
  /** What to do; empty if the result is normal. */
  readonly advice: string;
}

/** The report before an upgrade of a cluster; with `-o json` it is shown as it is. */
export interface UpgradeReport {
  /** Address of the API server: `https://10.0.0.1:6443`. */
  readonly cluster: string;
  /** Of the API server: `v1.20.3`; `unknown` if it does not say. */
  readonly clusterVersion: string;
  /** Of the nodes after the upgrade: `v1.20.3`. */
  readonly targetVersion: string;
  /** When the checks began, ISO 8601 in UTC. */
  readonly started: string;
  /** The worst of the rows. */
  readonly result: Result;
  /** In the order of the checks. */
  readonly rows: readonly ReportRow[];
}

/** The worst of these results; normal if there are none. */
export function worstOf(results: readonly Result[]): Result {
  return RESULTS.find((result) => results.includes(result)) ?? 'normal';
}
