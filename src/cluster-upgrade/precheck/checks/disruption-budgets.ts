import type { V1PodDisruptionBudget } from '@kubernetes/client-node';
import { count } from '../../../lib/count.ts';
import { normal, orNormal, type UpgradeCheck, type UpgradeFinding } from '../check.ts';
import { objects } from '../objects.ts';

export const disruptionBudgets: UpgradeCheck = {
  name: 'PodDisruptionBudgets',
  about:
    'With --drain, every PodDisruptionBudget that matches pods currently allows at least one disruption. A warning if one does not, because its pods may be on nodes that are not upgraded. Without --drain, no pods are evicted.',
  effect: 'A node with one of their pods cannot be drained: its upgrade fails and pauses the cluster upgrade.',
  advice: 'Add replicas, or relax the budget for the duration of the upgrade.',
  run: async ({ facts, drain }) => {
    if (!drain) return normal('No pods are evicted without --drain.');
    const budgets = await facts.disruptionBudgets();
    const tight = budgets.filter(({ status }) => (status?.expectedPods ?? 0) > 0 && status?.disruptionsAllowed === 0);
    const [never, now] = [tight.filter(isNever), tight.filter((budget) => !isNever(budget))];
    const findings = [
      ...finding(never, 'Allows no disruption, even when all pods are healthy.'),
      ...finding(now, 'Allows no disruption now: too few of its pods are healthy.', WHEN_HEALTHY),
    ];
    return orNormal(findings, `${count('budget', budgets.length)}, each allows a disruption.`);
  },
};

const WHEN_HEALTHY = 'Find out why their pods are unhealthy; once they are healthy, evictions are allowed again.';

/** As many must be healthy as there are. */
function isNever({ status }: V1PodDisruptionBudget): boolean {
  return (status?.desiredHealthy ?? 0) >= (status?.expectedPods ?? 0);
}

function finding(budgets: readonly V1PodDisruptionBudget[], reason: string, advice?: string): UpgradeFinding[] {
  if (budgets.length === 0) return [];
  const names = budgets.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
  return [{ result: 'warning', object: objects('budget', names), reason, ...(advice && { advice }) }];
}
