import { posix } from 'node:path';
import { edgeHubLayouts } from '../../edge-hub/edge-hub.ts';
import { hubFormOf, nameOfHub, releaseOfHub, servesWatchLists } from '../../edge-hub/releases.ts';
import { PATHS } from '../../host/node-paths.ts';
import { kubeletSettings } from '../../kubernetes/kubelet/settings.ts';
import { readsWatchLists, WATCH_LISTS_REASON, withPlainLists } from '../../kubernetes/kubelet/watch-lists.ts';
import { isControlPlaneManifest } from '../../kubernetes/node-files.ts';
import { POOL_LABELS } from '../../kubernetes/pool-labels.ts';
import type { Phase } from '../../workflow/phase.ts';
import { readinessOf } from '../join/node-object.ts';
import { missingInCluster } from '../preflight/checks/edge-hub.ts';
import { type ConversionContext, internalAddressOf } from './context.ts';
import { conversionRefused } from './refused.ts';

/** Looks for whatever would fail later, and asks once nothing was found. */
export const checkConversion: Phase<ConversionContext> = {
  name: 'check',
  title: 'Check the node',
  run: async (context) => {
    const lists = await Promise.all([
      wrongHub(context),
      wrongNode(context),
      wrongKubelet(context),
      wrongPool(context),
      lacksInCluster(context),
    ]);
    const reasons = lists.flat();
    if (reasons.length > 0) throw conversionRefused(reasons);
    const { nodeName, trusted, journal, confirm } = context;
    if (journal.conversion) return;
    await confirm?.(`node ${nodeName} of the cluster ${new URL(trusted.servers[0] ?? '').host}`);
  },
};

/** Another tool's hub has no entry in the journal: it could not be restored. */
async function wrongHub({ host, journal, hub, hubBefore, cluster }: ConversionContext): Promise<string[]> {
  releaseOfHub(hub, cluster);
  if (hubBefore && (hubFormOf(hubBefore) !== hubFormOf(hub) || nameOfHub(hubBefore) !== nameOfHub(hub)))
    return [
      `it was converted with ${nameOfHub(hubBefore)}, and ${nameOfHub(hub)} is requested: run edgeadm revert first`,
    ];
  const layouts = [...edgeHubLayouts('ack'), ...edgeHubLayouts('openyurt')];
  const found: string[] = [];
  for (const path of new Set([PATHS.edgeHub.unitFile, ...layouts.map(({ manifestPath }) => manifestPath)]))
    if (!journal.wrote(path) && (await host.stat(path))) found.push(`${path} is the edge-hub of another tool`);
  return found;
}

async function wrongNode({ host, node }: ConversionContext): Promise<string[]> {
  const manifests = (await host.list(PATHS.kubernetes.manifests)).filter(isControlPlaneManifest);
  const readiness = readinessOf(node);
  return [
    ...manifests.map((name) => `${posix.join(PATHS.kubernetes.manifests, name)}: it is a control-plane node`),
    ...(readiness.state === 'waiting' ? [`the node is not Ready: ${readiness.message}`] : []),
    ...(internalAddressOf(node) === undefined ? ['its Node object has no address'] : []),
  ];
}

/** What the conversion writes takes effect only if the service reads it. */
async function wrongKubelet({ host, hub, kubelet, cluster }: ConversionContext): Promise<string[]> {
  const { configuration, flags } = await kubeletSettings(host);
  const reasons: string[] = [];
  const manifests = configuration.staticPodPath;
  if (hubFormOf(hub) === 'pod' && manifests !== PATHS.kubernetes.manifests)
    reasons.push(`staticPodPath in ${PATHS.kubelet.configuration} is ${manifests}, not ${PATHS.kubernetes.manifests}`);
  const after = { flags, configuration: withPlainLists(kubelet, configuration) };
  if (!servesWatchLists({ ...hub, kubernetesVersion: cluster }) && readsWatchLists(kubelet, after))
    reasons.push(`a flag of the kubelet sets --feature-gates=WatchListClient=true: ${WATCH_LISTS_REASON}`);
  if (!host.runsPrograms) return reasons;
  const { stdout } = await host.query('systemctl', ['cat', PATHS.kubelet.unit]);
  const command = [...stdout.matchAll(/^\s*ExecStart=(.+)$/gm)].at(-1)?.[1] ?? '';
  const words = ['KUBELET_KUBECONFIG_ARGS', 'KUBELET_CONFIG_ARGS', 'KUBELET_KUBEADM_ARGS'];
  const lost = words.filter((word) => !command.includes(word));
  if (lost.length > 0) reasons.push(`${PATHS.kubelet.unit} does not use ${lost.join(', ')} as kubeadm's drop-in does`);
  return reasons;
}

async function wrongPool({ hub, cluster, node, nodePool, spec }: ConversionContext): Promise<string[]> {
  const [label] = POOL_LABELS;
  const current = node.metadata?.labels?.[label];
  if (current !== undefined && spec.nodePool !== undefined && current !== spec.nodePool)
    return [`it belongs to the node pool ${current} (label ${label}), not to ${spec.nodePool}`];
  if (nodePool !== undefined || !releaseOfHub(hub, cluster).needsPool) return [];
  return [`${nameOfHub(hub)} does not start without a node pool: name one with --nodepool NAME`];
}

async function lacksInCluster({ client, hub, cluster, nodePool }: ConversionContext): Promise<string[]> {
  const status = async (path: string): Promise<number> => (await client.send('GET', path)).status;
  const missing = await missingInCluster({ status }, releaseOfHub(hub, cluster), nodePool);
  return missing.map((text) => `${nameOfHub(hub)} would not work: ${text}`);
}
