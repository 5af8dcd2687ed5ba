import { CHOICES } from '../../host/journal/choices.ts';
import type { JoinContext } from './context.ts';

/** Notes which cluster the node is to belong to, and what the console's line said of it. */
export async function noteCluster({ host, spec, node, cluster }: JoinContext): Promise<void> {
  const [name, { caHash }] = await Promise.all([node.name(), cluster.trusted()]);
  const { nodePool, openapiType, poolNodesConnected, runtimeVersion } = spec;
  await host.choose(CHOICES.membership, () => JSON.stringify({ caHash, nodeName: name }));
  if (nodePool) await host.choose(CHOICES.nodePool, () => nodePool);
  const console = JSON.stringify({ openapiType, poolNodesConnected, runtimeVersion });
  if (console !== '{}') await host.choose(CHOICES.console, () => console);
}
