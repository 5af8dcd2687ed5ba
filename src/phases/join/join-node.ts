import { X509Certificate } from 'node:crypto';
import { type EdgeHubOptions, edgeHubFiles } from '../../edge-hub/edge-hub.ts';
import { hubFormOf, type InstalledHub, servesWatchLists } from '../../edge-hub/releases.ts';
import { PATHS } from '../../host/node-paths.ts';
import { kubeletKubeconfig } from '../../kubernetes/kubeconfig/kubelet-kubeconfig.ts';
import { kubeletConfiguration } from '../../kubernetes/kubelet/configuration.ts';
import { kubeletFlags } from '../../kubernetes/kubelet/flags.ts';
import { minorOf } from '../../kubernetes/version.ts';
import { swapAreas } from '../../lib/swap-areas.ts';
import { fillTemplate } from '../../templates/text.ts';
import { toYaml } from '../../templates/yaml.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { runtimeDriver } from '../preflight/cgroup-driver.ts';
import { findKernelPart } from '../preflight/kernel-module.ts';
import { fitKubeletConfiguration } from '../preflight/kubelet-fit.ts';
import { resolvConfForPods } from '../preflight/resolv-conf.ts';
import { VENDOR } from '../vendor-messages.ts';
import type { Credential, JoinContext } from './context.ts';
import { startHubService, writeHubFile } from './hub-service.ts';
import { HUB_PROXY } from './install-edgehub.ts';
import { nodeLabels } from './node-labels.ts';
import { noteMembership } from './prepare-node.ts';
import { registerNode } from './register-node.ts';
import { rollBackKubelet } from './roll-back-kubelet.ts';
import { writeServingCertificate } from './serving-certificate.ts';

/** A kubelet reads these once, when it starts. */
export const KUBELET_FILES = [
  PATHS.kubelet.configuration,
  PATHS.kubelet.flags,
  PATHS.kubelet.kubeconfig,
  PATHS.kubernetes.caCertificate,
  PATHS.kubelet.dropIn,
  PATHS.kubelet.unitFile,
  PATHS.kubelet.program,
];

export const joinNode: Phase<JoinContext> = {
  name: 'join-node',
  title: 'Join the node to the cluster',
  phases: [
    {
      name: 'certificates',
      title: 'Request certificates',
      // The cluster takes as long to issue them as the next phase takes. What was there before has been noted by then.
      neededBy: async ({ spec }) => (spec.skipPhases.some(isOfPrepareNode) ? undefined : 'join-node/edge-hub'),
      run: noteAndWriteCertificates,
    },
    { name: 'kubelet-config', title: 'Write the kubelet configuration', run: writeKubeletFiles },
    { name: 'edge-hub', title: 'Write the edge-hub files', run: writeEdgeHub },
    { name: 'kubelet-start', title: 'Start the kubelet', run: startKubelet },
  ],
  rollBack: rollBackKubelet,
};

function isOfPrepareNode(name: string): boolean {
  return name.startsWith('prepare-node');
}

async function noteAndWriteCertificates(context: JoinContext & PhaseTools): Promise<void> {
  await noteMembership(context);
  await writeCertificates(context);
}

export async function writeCertificates({ host, cluster, credentials }: JoinContext): Promise<void> {
  const { caPem } = await cluster.trusted();
  const credential = await credentials.kubelet();
  await host.write(PATHS.kubernetes.caCertificate, caPem, { mode: 0o644 });
  if (!credential || credential.onNode) return;
  const issued = new X509Certificate(credential.cert).validFromDate.toISOString().slice(0, 19).replace(/[T:]/g, '-');
  const path = PATHS.kubelet.clientCertificate.replace('-current', `-${issued}`);
  await host.makeDirectory(PATHS.kubelet.pki, 0o700);
  await host.write(path, credential.cert + credential.key, { mode: 0o600 });
  await host.symlink(path, PATHS.kubelet.clientCertificate);
}

async function writeKubeletFiles(context: JoinContext & PhaseTools): Promise<void> {
  const { host, spec, node, cluster, log } = context;
  const [name, address, version, fromCluster, networks, hub, criSocket, labels, { servers }] = await Promise.all([
    node.name(),
    node.address(),
    node.kubeletVersion(),
    cluster.kubeletConfiguration(),
    cluster.networks(),
    node.edgeHub(),
    node.criSocket(),
    nodeLabels(context),
    cluster.trusted(),
  ]);
  const kubelet = version ?? (await cluster.version());
  const resolvConf = await resolvConfForPods(host);
  const fitted = fromCluster && (await fitToThisNode(context, fromCluster, kubelet));
  const configuration = kubeletConfiguration({
    version: kubelet,
    fromCluster: fitted,
    cgroupDriver: (await runtimeDriver(host, spec))?.driver,
    serviceCidr: networks?.serviceCidrs[0],
    clusterDns: spec.clusterDns,
    taints: spec.taints,
    maxPods: spec.maxPods,
    swapOn: await hasSwap(host),
    resolvConf: resolvConf?.path === PATHS.system.resolvConf ? undefined : resolvConf?.path,
    cgroupVersion: (await host.stat('/sys/fs/cgroup/cgroup.controllers')) ? 2 : 1,
    plainLists: hub && !servesWatchLists({ ...hub, kubernetesVersion: await cluster.version() }),
  });
  const flags = kubeletFlags({
    version: kubelet,
    nodeName: name,
    nodeIp: address.second === undefined ? address.ip : `${address.ip},${address.second}`,
    criSocket,
    runtime: spec.runtime,
    pauseImage: spec.pauseImage ?? (await node.bundle())?.manifest.pauseImage,
    labels,
    taints: spec.taints,
  });
  const server = hub ? HUB_PROXY : (servers[0] ?? '');
  const written = [
    await host.write(PATHS.kubelet.configuration, toYaml(configuration), { mode: 0o644 }),
    await host.write(PATHS.kubelet.flags, fillTemplate('kubelet/kubeadm-flags.env', { flags }), { mode: 0o644 }),
    await host.write(PATHS.kubelet.kubeconfig, kubeletKubeconfig(server), { mode: 0o600 }),
  ];
  await writeServingCertificate(host, name, configuration);
  await host.makeDirectory(PATHS.kubernetes.manifests, 0o755);
  if (written.includes(true)) log.vendor(VENDOR.kubeletConfigured);
}

/** What does not exist on this node was reported by the preflight; that may have been skipped. */
async function fitToThisNode(
  { host, cluster, log }: JoinContext & PhaseTools,
  configuration: Record<string, unknown>,
  kubelet: string,
): Promise<Record<string, unknown>> {
  const serviceCidrs = (await cluster.networks())?.serviceCidrs ?? [];
  const fitted = await fitKubeletConfiguration(host, { configuration, minor: minorOf(kubelet), serviceCidrs });
  for (const change of fitted.changes) log.info(`The kubelet configuration of the cluster does not fit: ${change}.`);
  return fitted.configuration;
}

async function hasSwap(host: JoinContext['host']): Promise<boolean> {
  return swapAreas(await host.read('/proc/swaps')).length > 0;
}

async function writeEdgeHub(context: JoinContext & PhaseTools): Promise<void> {
  const { host, spec, node, log } = context;
  const hub = await node.edgeHub();
  if (!hub) return;
  const plan = edgeHubFiles({
    ...(await hubOptions(context, hub)),
    enableIptables: spec.enableIptables,
    enableDummyInterface: await knowsDummyLinks(host),
  });
  await host.claim(plan.rootDirectory);
  for (const { path, mode } of plan.directories) await host.makeDirectory(path, mode);
  if (hubFormOf(hub) === 'service') return startHubService(context, plan.files);
  let changed = false;
  for (const file of plan.files) {
    const written = await writeHubFile(host, file);
    if (written && !changed) log.vendor(VENDOR.addingEdgeHub);
    changed ||= written;
  }
  if (changed) log.vendor(VENDOR.edgeHubAdded);
}

/** What a hub is given of this cluster and node on every platform. */
export async function hubOptions(
  { spec, node, cluster, credentials }: JoinContext,
  hub: InstalledHub,
): Promise<EdgeHubOptions> {
  const [name, { ip }, version, { caPem, caHash, servers }, certificates] = await Promise.all([
    node.name(),
    node.address(),
    cluster.version(),
    cluster.trusted(),
    credentials.edgeHub(),
  ]);
  return {
    ...hub,
    kubernetesVersion: version,
    nodeName: name,
    nodePool: spec.nodePool ?? (await node.membership())?.nodePool,
    apiServers: servers,
    caPem,
    caHash,
    nodeIp: ip,
    ...newPair('client', certificates?.client),
    ...newPair('serving', certificates?.serving),
  };
}

/** If the kernel does not say, a hub that would exit over it must not be made to try. */
export async function knowsDummyLinks(host: JoinContext['host']): Promise<boolean> {
  const found = await findKernelPart(host, { module: 'dummy', option: 'CONFIG_DUMMY' });
  return found !== undefined && found !== 'absent';
}

/** A pair that is on the node already is the hub's own to renew. */
export function newPair(kind: 'client' | 'serving', credential: Credential | undefined): Partial<EdgeHubOptions> {
  if (!credential || credential.onNode) return {};
  return { [`${kind}CertPem`]: credential.cert, [`${kind}KeyPem`]: credential.key };
}

async function startKubelet(context: JoinContext & PhaseTools): Promise<void> {
  const { host, log, seen } = context;
  const now = Math.floor((await host.clock()).now / 1000) - 1;
  const state = await host.unit(PATHS.kubelet.unit);
  if (!state.active) log.vendor(VENDOR.joining);
  const started = await host.applyUnit(PATHS.kubelet.unit, KUBELET_FILES, state);
  if (started) {
    if (host.wet) seen.kubeletSince = now;
    await registerNode(context);
  }
  // Not before: after it, systemd 255 and newer take every unit for outdated, and read all of them again, 0.15 s, before
  // they start one. @see https://github.com/systemd/systemd/blob/v257/src/core/manager.h `unit_file_state_outdated`
  if (!state.enabled) await host.enableUnit(PATHS.kubelet.unit);
  if (started) log.vendor(VENDOR.nodeJoined);
}
