import { servesWatchLists } from '../../../edge-hub/releases.ts';
import { WINDOWS_HUB } from '../../../edge-hub/windows-service.ts';
import type { Host } from '../../../host/host.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { windowsCommandLine } from '../../../host/windows/quote.ts';
import { kubeletKubeconfig } from '../../../kubernetes/kubeconfig/kubelet-kubeconfig.ts';
import { kubeletConfiguration } from '../../../kubernetes/kubelet/configuration.ts';
import { kubeletFlags } from '../../../kubernetes/kubelet/flags.ts';
import { findKubelet } from '../../../kubernetes/kubelet/program.ts';
import { windowsKubeletConfiguration, windowsKubeletFlags } from '../../../kubernetes/windows/kubelet.ts';
import { readTemplate } from '../../../templates/index.ts';
import { toYaml } from '../../../templates/yaml.ts';
import type { Phase, PhaseTools } from '../../../workflow/phase.ts';
import { VENDOR } from '../../vendor-messages.ts';
import type { JoinContext } from '../context.ts';
import { HUB_PROXY } from '../install-edgehub.ts';
import { writeCertificates } from '../join-node.ts';
import { nodeLabels } from '../node-labels.ts';
import { writeServingCertificate } from '../serving-certificate.ts';
import { setUpHub } from './hub-service.ts';
import { windowsTaints } from './preflight.ts';
import { noteWindowsNode } from './prepare-node.ts';
import { rollBackWindowsKubelet } from './roll-back-kubelet.ts';

const KUBELET_RULE = 'edgeadm kubelet';
const RULE = JSON.stringify({ protocol: 'TCP', port: 10250 });
/** Behind every configuration of an add-on: the first by name counts. */
const OWN_NETWORK = `${PATHS.cni.configurations}/99-edgeadm-nat.conf`;

export const windowsJoinNode: Phase<JoinContext> = {
  name: 'join-node',
  title: 'Join the node to the cluster',
  phases: [
    { name: 'certificates', title: 'Request certificates', run: certificates },
    { name: 'kubelet-config', title: 'Write the kubelet configuration', run: writeKubeletFiles },
    { name: 'firewall', title: 'Let the API server reach the kubelet', run: openPort },
    { name: 'edge-hub', title: 'Set up the edge-hub as a service', run: setUpHub },
    { name: 'kubelet-service', title: 'Write the kubelet service', run: defineService },
    { name: 'network', title: 'Configure the network of pods', run: configureNetwork },
    { name: 'kubelet-start', title: 'Start the kubelet', run: startKubelet },
  ],
  rollBack: rollBackWindowsKubelet,
};

async function certificates(context: JoinContext & PhaseTools): Promise<void> {
  await noteWindowsNode(context);
  await writeCertificates(context);
}

async function writeKubeletFiles({ host, spec, node, cluster, log }: JoinContext & PhaseTools): Promise<void> {
  const nativePath = (path: string): string => host.nativePath(path);
  log.vendor(VENDOR.windows.configuring);
  const [version, fromCluster, networks, { servers }, hub] = await Promise.all([
    node.kubeletVersion().then(async (found) => found ?? cluster.version()),
    cluster.kubeletConfiguration(),
    cluster.networks(),
    cluster.trusted(),
    node.edgeHub(),
  ]);
  const ofLinux = kubeletConfiguration({
    version,
    fromCluster,
    serviceCidr: networks?.serviceCidrs[0],
    clusterDns: spec.clusterDns,
    taints: windowsTaints(spec),
    swapOn: false,
    cgroupVersion: 2,
    plainLists: hub && !servesWatchLists({ ...hub, kubernetesVersion: await cluster.version() }),
  });
  const configuration = windowsKubeletConfiguration(ofLinux, nativePath);
  await host.write(PATHS.kubelet.configuration, toYaml(configuration), { mode: 0o644 });
  log.vendor(VENDOR.windows.writing(nativePath(PATHS.kubelet.kubeconfig)));
  const kubeconfig = kubeletKubeconfig(hub ? HUB_PROXY : (servers[0] ?? ''), nativePath);
  await host.write(PATHS.kubelet.kubeconfig, kubeconfig, { mode: 0o600 });
  await writeServingCertificate(host, await node.name(), configuration);
}

async function openPort({ host }: JoinContext): Promise<void> {
  await host.define('firewall-rule', KUBELET_RULE, RULE);
}

/** The service control manager passes on what stands here: there is no file of flags. */
async function defineService(context: JoinContext): Promise<void> {
  const { host, spec, node } = context;
  const [address, labels, bundle] = await Promise.all([node.address(), nodeLabels(context), node.bundle()]);
  const version = (await node.kubeletVersion()) ?? (await context.cluster.version());
  const flags = kubeletFlags({
    version,
    nodeName: await node.name(),
    nodeIp: address.second === undefined ? address.ip : `${address.ip},${address.second}`,
    criSocket: await node.criSocket(),
    runtime: spec.runtime,
    pauseImage: spec.pauseImage ?? bundle?.manifest.pauseImage,
    labels,
    taints: windowsTaints(spec),
  });
  const own = windowsKubeletFlags(version, spec.runtime, (path) => host.nativePath(path));
  const program = host.nativePath(await findKubelet(host));
  const needs = [...(await runtimeService(host, spec.runtime)), ...((await node.edgeHub()) ? [WINDOWS_HUB] : [])];
  await host.define('service', 'kubelet', serviceOf([program, ...own, ...flags], needs));
}

/** The runtime, if it is a service of this machine. */
async function runtimeService(host: Host, runtime: string): Promise<string[]> {
  const { exists } = await host.unit(`${runtime}.service`);
  return exists || !host.wet ? [runtime] : [];
}

function serviceOf(words: readonly string[], needs: readonly string[]): string {
  return JSON.stringify({
    command: windowsCommandLine(words),
    start: 'auto',
    needs,
    displayName: 'Kubernetes kubelet',
    description: 'Node agent of Kubernetes',
  });
}

/**
 * Pods that share the network of the host are all that the vendor supports, yet a kubelet counts a node without a CNI
 * configuration as not ready. An add-on that brings its own comes before this one.
 */
async function configureNetwork({ host, log }: JoinContext & PhaseTools): Promise<void> {
  if (!(await host.stat(`${PATHS.cni.plugins}/nat.exe`))) return log.debug('there is no CNI plug-in nat.exe');
  const others = (await host.list(PATHS.cni.configurations)).filter((name) => /\.(conf|conflist|json)$/.test(name));
  if (others.some((name) => !OWN_NETWORK.endsWith(`/${name}`))) return log.debug(`${others[0]} is used`);
  log.vendor(VENDOR.windows.installingCni);
  await host.write(OWN_NETWORK, readTemplate('windows/cni-nat.conf'), { mode: 0o644 });
}

const KUBELET_FILES = [PATHS.kubelet.configuration, PATHS.kubelet.kubeconfig, PATHS.kubernetes.caCertificate];

async function startKubelet({ host, log, seen }: JoinContext & PhaseTools): Promise<void> {
  log.vendor(VENDOR.windows.starting);
  const now = Math.floor((await host.clock()).now / 1000) - 1;
  const started = await host.applyUnit(PATHS.kubelet.unit, [...KUBELET_FILES, await findKubelet(host)]);
  seen.kubeletSince = started ? now : 0;
  if (started) log.vendor(VENDOR.windows.started);
}
