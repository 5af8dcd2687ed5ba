import { usageError } from '../../src/errors/usage.ts';
import { closest } from '../../src/lib/closest.ts';
import { CS_ACTIONS } from './cs.ts';
import { ADDON_TASKS } from './cs-addons.ts';
import { CHECK_FAULT } from './cs-checks.ts';
import { CLUSTER_TASKS } from './cs-cluster-tasks.ts';
import { NODE_TASKS } from './cs-node-changes.ts';
import { POOL_TASKS } from './cs-pool-tasks.ts';
import { UPGRADE_STEPS } from './cs-upgrade.ts';
import { describeActions } from './ens-describe.ts';
import { ENS_EFFECTS, orderActions } from './ens-orders.ts';
import { EXCHANGE_ACTIONS } from './exchange.ts';
import { NETWORK_ACTIONS } from './networks.ts';

/** What a fault can strike: every action of the emulated services, and the steps of an upgrade. */
export const ACTIONS: readonly string[] = [
  ...Object.keys(describeActions),
  ...Object.keys(orderActions),
  ...CS_ACTIONS,
  ...UPGRADE_STEPS,
  ...POOL_TASKS,
  ...CLUSTER_TASKS,
  CHECK_FAULT,
  ...ADDON_TASKS,
  ...NODE_TASKS,
  ...ENS_EFFECTS,
  ...NETWORK_ACTIONS,
  'DescribeSecurityGroups',
  ...EXCHANGE_ACTIONS,
];

/** A fault for an unknown action would never occur. @throws EdgeadmError USAGE; `*` is every action */
export function refuseUnknownAction(action: string): void {
  if (action === '*' || ACTIONS.includes(action)) return;
  const near = closest(action, ACTIONS);
  const hint = near ? `did you mean ${near}?` : `valid are ${[...new Set(ACTIONS)].sort().join(', ')}, and * for all`;
  throw usageError([`--action: unknown action "${action}"; ${hint}`]);
}
