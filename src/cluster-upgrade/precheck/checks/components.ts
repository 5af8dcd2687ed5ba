import type { PodTrouble } from '../../../kubernetes/node/pod-trouble.ts';
import type { UpgradeCheck, UpgradeCheckContext, UpgradeFinding } from '../check.ts';
import { normal, orNormal } from '../check.ts';
import { objects } from '../objects.ts';
import type { Workload } from '../workload.ts';

/** Under the names of kubeadm and of the vendor. */
const KUBE_PROXY = ['kube-proxy', 'kube-proxy-worker'];
/** A Deployment with kubeadm, a DaemonSet of the edge nodes with the vendor. */
const CORE_DNS = ['coredns', 'kube-dns'];
/** What makes a cluster an edge cluster, by the vendor's names and by OpenYurt's. */
const EDGE = [
  'edge-controller-manager',
  'edge-tunnel-server',
  'edge-tunnel-agent',
  'yurt-manager',
  'yurt-controller-manager',
  'yurt-app-manager',
  'yurt-tunnel-server',
  'yurt-tunnel-agent',
  'raven-agent-ds',
];

const EFFECT = 'Nodes and pods may be without it during the restart or longer, and the upgrade may pause.';
const ADVICE =
  'Check its pods and their events (kubectl -n NAMESPACE get pods, kubectl describe), and wait until all are available.';

export const kubeProxy = required(
  'KubeProxy',
  KUBE_PROXY,
  'kube-proxy runs on every node',
  'Services cannot be reached from nodes without kube-proxy.',
);

export const coreDns = required(
  'CoreDNS',
  CORE_DNS,
  'Cluster DNS runs',
  'Pods that restart during the upgrade cannot resolve names.',
);

function required(name: string, names: readonly string[], what: string, effect: string): UpgradeCheck {
  const [first] = names;
  return {
    name,
    about: `${what}: ${names.join(' or ')} exists in kube-system and is available. An error if no pod is available, or if it is missing from a cluster of the vendor; a warning if some pods are unavailable, or if it is missing from any other cluster.`,
    effect,
    advice: ADVICE,
    run: async (context) => {
      const found = (await context.facts.workloads()).filter((workload) => names.includes(workload.name));
      if (found.length > 0) return availability(context, found, 'error');
      const isVendor = (await context.facts.server()).version?.includes('-aliyun');
      return [
        {
          result: isVendor ? 'error' : 'warning',
          reason: `kube-system has no DaemonSet or Deployment ${names.join(' or ')}.`,
          advice: `Install ${first}, or continue if another component replaces it in this cluster.`,
        },
      ];
    },
  };
}

export const edgeComponents: UpgradeCheck = {
  name: 'EdgeComponents',
  about: `The edge components that exist in the cluster are available (${EDGE.join(', ')}). An error if one has no available pod, a warning if some of its pods are unavailable.`,
  effect: 'kubectl logs and exec fail for nodes behind a firewall, and node pools and node autonomy are not managed.',
  advice: ADVICE,
  run: async (context) => {
    const found = (await context.facts.workloads()).filter(({ name }) => EDGE.includes(name));
    return found.length > 0 ? availability(context, found, 'error') : normal('None of these components is installed.');
  },
};

export const systemWorkloads: UpgradeCheck = {
  name: 'SystemWorkloads',
  about:
    'All other DaemonSets and Deployments of kube-system and kube-flannel (network plug-ins, metrics ...) are available; a warning if one is not.',
  effect: EFFECT,
  advice: ADVICE,
  run: async (context) => {
    const named = [...KUBE_PROXY, ...CORE_DNS, ...EDGE];
    const others = (await context.facts.workloads()).filter(({ name }) => !named.includes(name));
    return others.length > 0 ? availability(context, others, 'warning') : normal('There are no others.');
  },
};

/**
 * What is missing only because its node is offline is not the fault of the component; the nodes have a row of their
 * own.
 */
async function availability(
  { facts }: UpgradeCheckContext,
  workloads: readonly Workload[],
  worst: 'error' | 'warning',
): Promise<readonly UpgradeFinding[]> {
  const short = workloads.filter(({ desired, available }) => available < desired);
  const offline = short.length > 0 ? await facts.offlineNodes() : new Set<string>();
  // Why they are short is good to know, but not all may read pods.
  const pods = short.length > 0 ? await facts.systemPods().catch(() => []) : [];
  const findings = short.flatMap((workload) => {
    const own = pods.filter((pod) => belongsTo(pod, workload));
    return shortage(workload, own, offline, worst);
  });
  const titles = workloads.map(({ kind, path, available, desired }) => `${kind} ${path} ${available}/${desired}`);
  return orNormal(findings, `${objects('component', titles)}.`);
}

function shortage(
  { kind, path, desired, available }: Workload,
  pods: readonly PodTrouble[],
  offline: ReadonlySet<string>,
  worst: 'error' | 'warning',
): UpgradeFinding[] {
  const isLost = ({ node }: PodTrouble): boolean => node !== undefined && offline.has(node);
  const lost = pods.filter(isLost).length;
  if (available + lost >= desired) return [];
  const problems = [...new Set(pods.filter((pod) => !isLost(pod)).map(({ problem }) => problem))];
  const why = problems.length > 0 ? ` (${problems.join(', ')})` : '';
  const where = lost > 0 ? `; ${lost} more on nodes that are offline` : '';
  return [
    {
      result: available === 0 ? worst : 'warning',
      object: `${kind} ${path}`,
      reason: `${available} of ${desired} pods available${why}${where}.`,
    },
  ];
}

/** Pods of a Deployment belong to a ReplicaSet, which has its name with a hash behind it. */
function belongsTo({ owner }: PodTrouble, { kind, path }: Workload): boolean {
  if (kind === 'DaemonSet') return owner === `DaemonSet ${path}`;
  return owner?.replace(/-[a-z0-9]+$/, '') === `ReplicaSet ${path}`;
}
