import { EdgeadmError } from '../errors/index.ts';
import type { ApiClient } from '../kubernetes/api/client.ts';
import { listNodes } from '../kubernetes/node/list-nodes.ts';
import { chooseNodes, kubeletOf, type NodeChoice, poolNameOf } from './cluster/nodes.ts';
import { nowSeconds, type Plan, type PlanSpec } from './plan/plan.ts';
import { refuseTooLarge } from './plan/size.ts';
import { newPlan } from './plan/transitions.ts';
import { precheckCluster, type UpgradeReport } from './precheck/index.ts';

/** What an upgrade would do, found out without changing anything. */
export interface Intent {
  readonly plan: Plan;
  readonly chosen: NodeChoice;
  readonly report: UpgradeReport;
}

/** @throws EdgeadmError USAGE if the flags choose no node at all, or more than one upgrade can take */
export async function intentOf(client: ApiClient, spec: PlanSpec, signal: AbortSignal): Promise<Intent> {
  const all = await listNodes(client, { selector: spec.selector });
  const chosen = chooseNodes(all, spec.targetVersion, spec.nodepool);
  if (chosen.nodes.length + chosen.there.length === 0) throw noNodes(spec, chosen);
  const nodes = chosen.nodes.map((node) => ({
    name: node.metadata?.name ?? '',
    pool: poolNameOf(node),
    from: kubeletOf(node),
  }));
  const clusterNodes = spec.selector === undefined ? all.length : (await listNodes(client, {})).length;
  const plan = newPlan({ ...spec, clusterNodes }, nodes, nowSeconds());
  refuseTooLarge(plan);
  const { targetVersion, drain } = spec;
  const report = await precheckCluster(client, {
    targetVersion,
    drain,
    nodes: [...chosen.nodes],
    ...(nodes.length === 0 && { checks: [] }),
    signal,
  });
  return { plan, chosen, report };
}

/**
 * @param ignored names of checks, comma-separated, or `all`
 * @throws EdgeadmError CLUSTER_CHECK_FAILED if a check that is not ignored found an error
 */
export function refuseErrors({ rows }: UpgradeReport, ignored: readonly string[] = []): void {
  const names = ignored.flatMap((each) => each.toLowerCase().split(','));
  const isIgnored = (check: string): boolean => names.includes('all') || names.includes(check.toLowerCase());
  const errors = rows.filter(({ check, result }) => result === 'error' && !isIgnored(check));
  if (errors.length === 0) return;
  throw new EdgeadmError({
    code: 'CLUSTER_CHECK_FAILED',
    what: `pre-upgrade checks failed: ${errors.map(({ check }) => check).join(', ')}`,
    why: errors.map(({ check, object, reason }) => `${check}${object ? ` (${object})` : ''}: ${reason}`).join('\n'),
    next: errors.map(({ advice }) => advice).join('\n'),
  });
}

function noNodes({ selector, nodepool }: PlanSpec, { leftOut }: NodeChoice): EdgeadmError {
  const why = leftOut.length > 0 ? `${leftOut.join(', ')}: control plane, or not Linux` : 'no node matches';
  const asked = [selector && `--selector ${selector}`, nodepool && `--nodepool ${nodepool}`].filter(Boolean).join(' ');
  return new EdgeadmError({
    code: 'USAGE',
    what: `no worker node to upgrade${asked && ` with ${asked}`}`,
    why,
    next: 'kubectl get nodes --show-labels',
  });
}
