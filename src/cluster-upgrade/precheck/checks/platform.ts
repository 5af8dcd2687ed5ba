import type { V1Node } from '@kubernetes/client-node';
import { lacksDockershim } from '../../../kubernetes/kubelet/migrations.ts';
import { isWindows, reportedKubeletVersion } from '../../../kubernetes/node/node.ts';
import { removalOf } from '../../../kubernetes/removals.ts';
import { compareVersions, minorOf } from '../../../kubernetes/version.ts';
import { count } from '../../../lib/count.ts';
import { normal, orNormal, type UpgradeCheck, type UpgradeFinding } from '../check.ts';
import { nodesText, severityOf } from '../node-text.ts';
import { groupBy } from '../objects.ts';

/** Set by kubeadm: the socket that the kubelet was given. */
const CRI_SOCKET = 'kubeadm.alpha.kubernetes.io/cri-socket';
/** First containerd that answers CRI v1. Source: its release notes. */
const FIRST_WITH_CRI_V1 = '1.6.0';

export const containerRuntime: UpgradeCheck = {
  name: 'ContainerRuntime',
  about:
    'The container runtime of each node works with the target version. From 1.24 on, docker without cri-dockerd is an error (a warning for offline nodes); from 1.26 on, containerd before 1.6 is a warning.',
  effect:
    'The new kubelet would not start. These nodes would reject the upgrade, and the first rejection would pause it.',
  advice:
    'Drain the node, edgeadm reset, and join it again with containerd; or install cri-dockerd and point --container-runtime-endpoint to it.',
  run: async ({ nodes, targetVersion }) => {
    const groups = [...groupBy(nodes, runtimeOf)];
    const findings = groups.flatMap(([runtime, group]) => [
      ...dockerFinding(runtime, group, targetVersion),
      ...containerdFinding(runtime, group, targetVersion),
    ]);
    const found = groups.map(([runtime, group]) => `${runtime} (${count('node', group.length)})`).join(', ');
    return orNormal(findings, `${found || 'No node reports its runtime'}.`);
  },
};

function runtimeOf({ status }: V1Node): string | undefined {
  return status?.nodeInfo?.containerRuntimeVersion || undefined;
}

function dockerFinding(runtime: string, nodes: readonly V1Node[], target: string): UpgradeFinding[] {
  const concerned = runtime.startsWith('docker://') && lacksDockershim(target) ? nodes.filter(usesDockershim) : [];
  if (concerned.length === 0) return [];
  const reason = `${runtime}: Kubernetes 1.24 removed dockershim, which connects the kubelet to docker.`;
  return [{ result: severityOf(concerned), object: nodesText(concerned), reason }];
}

/** cri-dockerd calls itself docker, too; the kubelet's version or kubeadm's annotation tells them apart. */
function usesDockershim(node: V1Node): boolean {
  const version = reportedKubeletVersion(node);
  if (version !== undefined && lacksDockershim(version)) return false;
  return !node.metadata?.annotations?.[CRI_SOCKET]?.includes('cri-dockerd');
}

function containerdFinding(runtime: string, nodes: readonly V1Node[], target: string): UpgradeFinding[] {
  const version = /^containerd:\/\/v?(\d+\.\d+\.\d+)/.exec(runtime)?.[1];
  if (version === undefined || !removalOf('runtime', 'v1alpha2', minorOf(target))) return [];
  if (compareVersions(version, FIRST_WITH_CRI_V1) >= 0) return [];
  return [
    {
      result: 'warning',
      object: nodesText(nodes),
      reason: `${runtime}: kubelets from 1.26 on need containerd 1.6 or newer.`,
      advice: 'Use a bundle with a newer containerd, or install one on these nodes first.',
    },
  ];
}

export const operatingSystem: UpgradeCheck = {
  name: 'OperatingSystem',
  about: 'Every node runs Linux; a warning if some run Windows, because they are skipped.',
  effect: 'These nodes are skipped and stay at their version.',
  advice: 'Upgrade Windows nodes by hand before you upgrade the control plane to the next minor version.',
  run: async ({ nodes }) => {
    const windows = nodes.filter(isWindows);
    if (windows.length > 0) return [{ result: 'warning', object: nodesText(windows), reason: 'Windows.' }];
    return normal(`${count('node', nodes.length)}, all running Linux.`);
  },
};

/** For these edgeadm and its bundles are made. */
const SUPPORTED = ['amd64', 'arm64'];

export const architecture: UpgradeCheck = {
  name: 'Architecture',
  about: `Every node is ${SUPPORTED.join(' or ')} (any other architecture is an error), and all have the same architecture, because a bundle is made for one (a mix is a warning).`,
  effect: 'Programs built for one architecture do not run on another.',
  advice: 'Upgrade one architecture at a time with its own bundle: --selector kubernetes.io/arch=ARCH.',
  run: async ({ nodes }) => {
    const groups = [...groupBy(nodes, archOf)];
    const found = groups.map(([arch, group]) => `${arch} (${count('node', group.length)})`).join(', ');
    const foreign = groups.filter(([arch]) => !SUPPORTED.includes(arch));
    const findings: UpgradeFinding[] = foreign.map(([arch, group]) => ({
      result: severityOf(group),
      object: nodesText(group),
      reason: `${arch}: edgeadm supports only ${SUPPORTED.join(' and ')}.`,
      advice: 'Exclude these nodes with --selector.',
    }));
    if (groups.length - foreign.length > 1) findings.push({ result: 'warning', reason: `Several: ${found}.` });
    return orNormal(findings, `${found || 'No node reports its architecture'}.`);
  },
};

function archOf({ metadata, status }: V1Node): string | undefined {
  return status?.nodeInfo?.architecture || metadata?.labels?.['kubernetes.io/arch'];
}
