import { type EdgeHubRelease, nameOfHub, releaseOfHub } from '../../../edge-hub/releases.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';

/** The ConfigMap from which yurthub takes what to cache. */
const HUB_CONFIGURATION = '/api/v1/namespaces/kube-system/configmaps/yurt-hub-cfg';
const HUB_ROLE = '/apis/rbac.authorization.k8s.io/v1/clusterroles/yurt-hub';
const INSTALL =
  "Install OpenYurt's yurt-manager of the release of this edge-hub: its chart installs NodePool, ClusterRole and ConfigMap.";

export const edgeHub: Check = {
  name: 'EdgeHub',
  concerns: 'cluster',
  severity: 'error',
  about:
    'edgeadm knows how to start this release of the edge-hub, and the cluster has what it needs, as far as the token may read it: from yurthub 1.6 on NodePool is served in the version it reads (v1beta1; v1beta2 from 1.7 on), a named node pool exists, and ClusterRole `yurt-hub` and ConfigMap `kube-system/yurt-hub-cfg` exist; from 1.7 on a node pool is named.',
  remedy: INSTALL,
  needs: ['CAHash', 'Token'],
  run: async (context) => {
    const { node, cluster, spec } = context;
    const hub = await node.edgeHub();
    if (!hub) return skip('no edge-hub');
    const release = releaseOfHub(hub, await cluster.version());
    const pool = spec.nodePool ?? (await node.membership())?.nodePool;
    if (release.needsPool && pool === undefined) {
      return fail(`${nameOfHub(hub)} does not start without a node pool, and none is named`, {
        code: 'USAGE',
        remedy: 'Name one with `--nodepool NAME`. To list them: `kubectl get nodepools`.',
      });
    }
    const missing = await missingInCluster(cluster, release, pool);
    return missing.length === 0
      ? pass(nameOfHub(hub))
      : fail(`${nameOfHub(hub)} would not work: ${missing.join('; ')}`);
  },
};

/** What the cluster says that it does not have; who asks may often not read it (403), which says nothing. */
export async function missingInCluster(
  cluster: Pick<CheckContext['cluster'], 'status'>,
  { nodePoolApi }: EdgeHubRelease,
  pool: string | undefined,
): Promise<string[]> {
  if (nodePoolApi === undefined) return [];
  const api = `/apis/apps.openyurt.io/${nodePoolApi}`;
  const isMissing = async (path: string): Promise<boolean> => (await cluster.status(path)) === 404;
  if (await isMissing(api)) return [`the cluster does not serve apps.openyurt.io/${nodePoolApi} (NodePool)`];
  const rows = [
    ...(pool === undefined ? [] : [[`${api}/nodepools/${pool}`, `the node pool ${pool} does not exist`] as const]),
    [HUB_CONFIGURATION, 'the ConfigMap kube-system/yurt-hub-cfg does not exist'],
    [HUB_ROLE, 'the ClusterRole yurt-hub does not exist (it lets system:nodes read what the edge-hub reads)'],
  ] as const;
  const found = await Promise.all(rows.map(async ([path, what]) => ((await isMissing(path)) ? [what] : [])));
  return found.flat();
}
