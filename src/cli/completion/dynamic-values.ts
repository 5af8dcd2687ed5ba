import { isRandomName } from '../../config/grammar.ts';
import { readInventory } from '../../config/inventory.ts';
import { describeTarget } from '../../host/ssh/target.ts';
import { hasKubeconfig, withCluster } from '../cluster-access.ts';
import type { DynamicValue } from './values.ts';

/** What only the sandbox can tell is asked of a command of its own: it is a separate part of a release. */
type OwnValue = Exclude<DynamicValue, `sandbox-${string}`>;

/** A longer wait for TAB would feel broken. */
const PATIENCE_MS = 1000;

/** Files that the line names. */
export interface DynamicSources {
  readonly inventory?: string;
  readonly kubeconfig?: string;
}

/** Values that a static script cannot contain; none if they do not arrive within a second. */
export async function dynamicValues(what: OwnValue, { inventory, kubeconfig }: DynamicSources): Promise<string[]> {
  const late = new Promise<string[]>((resolve) => setTimeout(resolve, PATIENCE_MS, []).unref());
  const asked = {
    hosts: () => hostsOf(inventory),
    nodepools: () => poolsOf(kubeconfig),
    nodes: () => nodesOf(kubeconfig),
    tokens: () => tokensOf(kubeconfig),
  };
  return Promise.race([asked[what]().catch(() => []), late]);
}

/** Each host by every name that `--host` knows it by. */
async function hostsOf(inventory: string | undefined): Promise<string[]> {
  if (inventory === undefined) return [];
  const names = (await readInventory(inventory)).flatMap((host) => {
    const { nodeName } = host.overrides;
    const own = nodeName === undefined || isRandomName(nodeName) ? [] : [nodeName];
    return [describeTarget(host), describeTarget({ ...host, user: undefined }), ...own];
  });
  return [...new Set(names)];
}

async function poolsOf(kubeconfig: string | undefined): Promise<string[]> {
  // The client takes its time to load.
  if (!hasKubeconfig(kubeconfig)) return [];
  const { clusterNodePools } = await import('../../kubernetes/api/node-pools.ts');
  return withCluster(kubeconfig, async (client) => (await clusterNodePools(client).list()).map(({ name }) => name));
}

async function nodesOf(kubeconfig: string | undefined): Promise<string[]> {
  if (!hasKubeconfig(kubeconfig)) return [];
  const { listNodes } = await import('../../kubernetes/node/list-nodes.ts');
  const nodes = await withCluster(kubeconfig, (client, signal) => listNodes(client, { signal }));
  return nodes.flatMap(({ metadata }) => metadata?.name ?? []);
}

/** Their ids, which are no secrets. */
async function tokensOf(kubeconfig: string | undefined): Promise<string[]> {
  if (!hasKubeconfig(kubeconfig)) return [];
  const { listTokens } = await import('../../kubernetes/api/bootstrap-tokens.ts');
  return withCluster(kubeconfig, async (client) => (await listTokens(client)).map(({ id }) => id));
}
