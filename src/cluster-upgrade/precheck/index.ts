import type { V1Node } from '@kubernetes/client-node';
import { toEdgeadmError } from '../../errors/index.ts';
import { type ApiClient, apiErrorOf } from '../../kubernetes/api/client.ts';
import { parseVersion } from '../../kubernetes/version.ts';
import type { UpgradeCheck, UpgradeCheckContext } from './check.ts';
import { UPGRADE_CHECKS } from './checks.ts';
import { precheckFacts } from './facts.ts';
import { type ReportRow, type UpgradeReport, worstOf } from './report.ts';

export type { ReportRow, UpgradeReport } from './report.ts';

export interface PrecheckOptions {
  /** `1.20.3` or `v1.20.3` */
  readonly targetVersion: string;
  /** Those that are to be upgraded. */
  readonly nodes: readonly V1Node[];
  /** True if the pods of a node are evicted before it is upgraded. */
  readonly drain: boolean;
  /** None if no node is to be upgraded: nothing can go wrong then. Default: all. */
  readonly checks?: readonly UpgradeCheck[];
  readonly signal: AbortSignal;
}

/**
 * Looks whether a cluster is ready for an upgrade of its nodes. Nothing is changed. All checks run side by side; one
 * that cannot be run, for lack of a right or of an API, is a warning that says so.
 * @throws EdgeadmError API_UNREACHABLE if no server answers, USAGE for a target that is not a version
 */
export async function precheckCluster(client: ApiClient, options: PrecheckOptions): Promise<UpgradeReport> {
  const { nodes, drain, checks = UPGRADE_CHECKS, signal } = options;
  const started = new Date().toISOString();
  const targetVersion = `v${options.targetVersion.replace(/^v/, '')}`;
  parseVersion(targetVersion);
  const facts = precheckFacts(client, nodes, signal);
  // Without an answer there is nothing to report.
  const { address, version } = await facts.server();
  const context: UpgradeCheckContext = { facts, nodes, targetVersion, drain };
  const rows = (await Promise.all(checks.map((check) => runCheck(check, context, signal)))).flat();
  signal.throwIfAborted();
  return {
    cluster: address,
    clusterVersion: version ?? 'unknown',
    targetVersion,
    started,
    result: worstOf(rows.map(({ result }) => result)),
    rows,
  };
}

/** The rows of one check. */
async function runCheck(check: UpgradeCheck, context: UpgradeCheckContext, signal: AbortSignal): Promise<ReportRow[]> {
  const { name, effect, advice, run } = check;
  try {
    const findings = await run(context);
    return findings.map(({ object, result, reason, ...own }) => {
      const more = result === 'normal' ? { effect: '', advice: '' } : { effect, advice, ...own };
      return { check: name, ...(object !== undefined && { object }), result, reason, ...more };
    });
  } catch (thrown) {
    signal.throwIfAborted();
    return [{ check: name, result: 'warning', ...notChecked(thrown, effect) }];
  }
}

function notChecked(thrown: unknown, effect: string): Pick<ReportRow, 'reason' | 'effect' | 'advice'> {
  const { what, why } = toEdgeadmError(thrown);
  const answer = apiErrorOf(thrown);
  // The server's own words say who may not do what.
  const refusal = answer?.reason === 'Forbidden' ? answer.message : undefined;
  const advice = {
    403: 'Use a kubeconfig that has permission to read it.',
    404: 'The cluster does not serve this API: ignore this check, or check the component yourself.',
  };
  return {
    reason: `Could not be checked: ${refusal ?? [what, why].filter(Boolean).join(': ').trim()}`,
    effect: `Unknown. If something is wrong: ${effect.charAt(0).toLowerCase()}${effect.slice(1)}`,
    advice:
      advice[answer?.status as keyof typeof advice] ?? 'Run the checks again; if this stays, check the API server.',
  };
}
