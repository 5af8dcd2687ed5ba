import type { V1PodDisruptionBudget } from '@kubernetes/client-node';
import { normal, orNormal, type UpgradeCheck, type UpgradeFinding } from '../check.ts';
import { count, objects } from '../objects.ts';

export const disruptionBudgets: UpgradeCheck = {
  name: 'PodDisruptionBudgets',
  about:
    'With --drain, every PodDisruptionBudget that has pods lets at least one of them go now: one that does not is a warning, since its pods may be on nodes that are not upgraded. Without --drain no pod is evicted.',
  effect: 'A node with one of their pods cannot be drained: its upgrade fails, and that pauses the whole.',
  advice: 'Add replicas or loosen the budget while the upgrade runs.',
  run: async ({ facts, drain }) => {
    if (!drain) return normal('Pods are not evicted: the upgrade is without --drain.');
    const budgets = await facts.disruptionBudgets();
    const tight = budgets.filter(({ status }) => (status?.expectedPods ?? 0) > 0 && status?.disruptionsAllowed === 0);
    const [never, now] = [tight.filter(isNever), tight.filter((budget) => !isNever(budget))];
    const findings = [
      ...finding(never, 'Never lets a pod go, even when all are healthy.'),
      ...finding(now, 'Lets no pod go now: too few of its pods are healthy.', WHEN_HEALTHY),
    ];
    return orNormal(findings, `${count('budget', budgets.length)}, none in the way.`);
  },
};

const WHEN_HEALTHY = 'Look why their pods are not healthy; when they are, evictions are allowed again.';

/** As many must be healthy as there are. */
function isNever({ status }: V1PodDisruptionBudget): boolean {
  return (status?.desiredHealthy ?? 0) >= (status?.expectedPods ?? 0);
}

function finding(budgets: readonly V1PodDisruptionBudget[], reason: string, advice?: string): UpgradeFinding[] {
  if (budgets.length === 0) return [];
  const names = budgets.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
  return [{ result: 'warning', object: objects('budget', names), reason, ...(advice && { advice }) }];
}
