import { usageError } from '../../errors/usage.ts';
import { type Target, type TargetOptions, targetsOf } from '../../host/targets.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { listNodes } from '../../kubernetes/node/list-nodes.ts';
import { sameHost } from '../../lib/cidr.ts';
import { nodesIn, type Plan } from '../plan/plan.ts';

/**
 * The hosts of nodes, by the nodes' names: those that the options name; without any, each node's own address as root.
 * @throws EdgeadmError USAGE with every node that has no host
 */
export async function targetsByNode(
  client: ApiClient,
  plan: Plan,
  options: TargetOptions,
): Promise<Map<string, Target>> {
  const wanted = new Set(nodesIn(plan, 'waiting', 'running', 'failed', 'offline').map(({ name }) => name));
  const nodes = (await listNodes(client)).filter(({ metadata }) => wanted.has(metadata?.name ?? ''));
  const addresses = new Map(
    nodes.map(({ metadata, status }) => [
      metadata?.name ?? '',
      [metadata?.name ?? '', ...(status?.addresses ?? []).map(({ address }) => address)],
    ]),
  );
  const own = nodes.flatMap(({ status }) => {
    const internal = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
    return internal ? [`root@${internal.includes(':') ? `[${internal}]` : internal}`] : [];
  });
  const named = options.inventory !== undefined || options.hosts.length > 0;
  const targets = await targetsOf(named ? options : { ...options, hosts: own });
  const found = new Map<string, Target>();
  for (const [name, theirs] of addresses) {
    const target = targets.find(
      ({ overrides, address = '' }) => overrides.nodeName === name || theirs.some((each) => sameHost(each, address)),
    );
    if (target) found.set(name, target);
  }
  // Nodes that were deleted meanwhile need none.
  const without = [...addresses.keys()].filter((name) => !found.has(name));
  if (without.length > 0) throw usageError(without.map((name) => `--inventory: node ${name} has no host`));
  return found;
}
