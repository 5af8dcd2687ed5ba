import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import type { Bundle, BundleManifest } from '../../../../src/artifacts/bundle.ts';
import type { JoinSpec } from '../../../../src/config/spec.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { JournalRecord } from '../../../../src/host/journal/record.ts';
import type { Address } from '../../../../src/host/machine.ts';
import { clusterView } from '../../../../src/phases/join/cluster-view.ts';
import type { Check, Verdict } from '../../../../src/phases/preflight/check.ts';
import { PREFLIGHT_CHECKS } from '../../../../src/phases/preflight/checks.ts';
import type { CheckContext, NodeView } from '../../../../src/phases/preflight/context.ts';
import { judgeChecks } from '../../../../src/phases/preflight/run-checks.ts';
import { type FakeClusterState, fakeCluster, TOKEN } from '../../fake-cluster.ts';
import { type FakeHost, type FakeNode, fakeHost } from '../../fake-host.ts';
import { type FakeRuntime, fakeRuntime } from '../../fake-runtime.ts';
import { skippingClock } from '../../test-clock.ts';

/** A case: what differs from a node and a cluster that are fit for each other. */
export interface Case {
  readonly spec?: Partial<JoinSpec>;
  readonly machine?: FakeNode;
  /** undefined: a plain 1.20.2 cluster; `down` does not answer. */
  readonly cluster?: FakeClusterState | 'down';
  /** Of the container service that tells which cluster to join. */
  readonly endpoint?: string;
  readonly node?: Partial<NodeView>;
  /** Default containerd 1.6.20; `down` does not answer. */
  readonly runtime?: FakeRuntime | 'down' | 'closed';
}

const SPEC: JoinSpec = {
  apiServers: ['https://10.0.0.1:6443'],
  token: TOKEN,
  caCertHashes: [],
  unsafeSkipCaVerification: false,
  nodeName: '',
  labels: {},
  annotations: {},
  taints: [],
  edgeHubFlavor: 'ack',
  enableIptables: false,
  runtime: 'containerd',
  manageRuntime: false,
  gpuVersion: '',
  selfHostNtpServer: false,
  interconnectMode: 'basic',
  inDedicatedNetwork: false,
  skipPhases: [],
  ignorePreflightErrors: [],
  compatMatrix: [],
  rollbackOnFailure: true,
  yes: true,
  timeoutMs: 600_000,
};

/** Everything that the checks look at on a node that is fit for a join. */
const FIT: FakeNode = {
  files: {
    '/etc/resolv.conf': 'nameserver 192.168.1.1\n',
    '/proc/swaps': 'Filename\tType\tSize\tUsed\tPriority\n',
    '/proc/net/tcp': '  sl  local_address rem_address   st tx_queue\n',
    '/proc/filesystems': 'nodev\tproc\nnodev\toverlay\n\text4\n',
    '/proc/modules': 'vxlan 65536 0 - Live 0x0\niptable_nat 16384 1 - Live 0x0\n',
    '/proc/mounts': 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n',
    '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids\n',
    '/var/lib/.keep': '',
    '/etc/.keep': '',
    '/dev/kmsg': '',
  },
  sysctls: { 'net.bridge.bridge-nf-call-iptables': '1' },
  units: { 'containerd.service': { active: true, enabled: true } },
  commands: { df: dfOf(50_000_000, 40_000_000), systemctl: 'active\n' },
  network: {
    interfaces: [{ name: 'eth0', up: true, addresses: ['192.168.1.20/24'] }],
    routes: [
      { destination: '0.0.0.0/0', interface: 'eth0', gateway: '192.168.1.1', metric: 100 },
      { destination: '192.168.1.0/24', interface: 'eth0', metric: 100 },
    ],
  },
};

/** What df says of every folder it is asked about: 1 KiB blocks (or inodes) in all and free. */
export function dfOf(total: number, free: number) {
  return (args: readonly string[]) =>
    ['Filesystem', ...args.slice(2).map(() => `/dev/vda1 ${total} ${total - free} ${free} 20% /`)].join('\n');
}

export const KUBEADM_CONFIG = {
  'kubeadm-config': {
    ClusterConfiguration: 'networking:\n  podSubnet: 10.244.0.0/16\n  serviceSubnet: 10.96.0.0/12\n',
  },
};

const KUBELET_CONFIG = { 'kubelet-config-1.20': { kubelet: 'kind: KubeletConfiguration\n' } };

/** The machine of a case: the fit one with its files, programs and units overlaid. */
function machineOf(overlay: FakeNode = {}): FakeNode {
  return {
    ...FIT,
    ...overlay,
    files: { ...FIT.files, ...overlay.files },
    commands: { ...FIT.commands, ...overlay.commands },
    units: { ...FIT.units, ...overlay.units },
    sysctls: overlay.sysctls ?? FIT.sysctls,
    network: { ...FIT.network, ...overlay.network },
  };
}

export async function contextOf(given: Case): Promise<CheckContext & { host: FakeHost }> {
  const state = given.cluster ?? { configMaps: { ...KUBEADM_CONFIG, ...KUBELET_CONFIG } };
  const cluster = await fakeCluster(state === 'down' ? {} : state);
  const runtime = given.runtime ?? { name: 'containerd', version: '1.6.20', apis: ['v1', 'v1alpha2'] };
  const connect = async (address: Address): Promise<Duplex> => {
    const isDown = ('socket' in address ? runtime : state) === 'down';
    if ('socket' in address && runtime === 'closed')
      throw Object.assign(new Error(`connect to ${address.socket}`), { code: 'EACCES' });
    if (isDown) throw new EdgeadmError({ code: 'API_UNREACHABLE', what: 'cannot connect', why: 'connection refused' });
    return 'socket' in address ? fakeRuntime(runtime as FakeRuntime)() : cluster.connect();
  };
  const host = fakeHost({ connect, ...machineOf(given.machine) });
  const spec = { ...SPEC, caCertHashes: [cluster.caCertHash], ...given.spec };
  const { hostname } = await host.facts();
  return {
    spec,
    host,
    endpoint: given.endpoint,
    cluster: clusterView(spec, host, { clock: skippingClock() }),
    node: {
      name: async () => spec.nodeName || hostname.toLowerCase(),
      address: async () => ({ ip: '192.168.1.20', interface: 'eth0' }),
      bundle: async () => undefined,
      kubeletVersion: async () => 'v1.20.2',
      flannelAddress: async () => undefined,
      criSocket: async () => '/run/containerd/containerd.sock',
      edgeHub: async () => ({ image: 'example.org/edge-hub:v1', flavor: 'ack' }),
      installedHub: async () => undefined,
      membership: async () => undefined,
      journal: new JournalRecord(),
      ...given.node,
    },
    signal: new AbortController().signal,
  };
}

/** What the named check says of the case, together with the checks that it needs. */
async function verdictOn(name: string, given: Case = {}): Promise<Verdict> {
  const verdicts = await judgeChecks(await contextOf(given), withNeeds(name));
  const verdict = verdicts.find(({ check }) => check === name);
  if (!verdict) throw new Error(`there is no check ${name}`);
  return verdict;
}

function withNeeds(name: string): Check[] {
  const check = PREFLIGHT_CHECKS.find((candidate) => candidate.name === name);
  return check ? [...new Set([...(check.needs ?? []).flatMap(withNeeds), check])] : [];
}

/** The check passes; `found` is what it tells. */
export async function assertOk(name: string, given: Case = {}, found = /(?:)/): Promise<void> {
  const verdict = await verdictOn(name, given);
  assert.equal(verdict.status, 'ok', JSON.stringify(verdict));
  assert.match(verdict.found ?? '', found);
}

/** The check tells what is wrong and what to do about it, or why it was skipped. */
export async function assertFinds(
  name: string,
  status: 'error' | 'warning' | 'skipped',
  found: RegExp,
  given: Case,
): Promise<Verdict> {
  const verdict = await verdictOn(name, given);
  assert.equal(verdict.status, status, JSON.stringify(verdict));
  assert.match(verdict.found ?? '', found);
  if (status !== 'skipped') assert.notEqual(verdict.remedy ?? '', '', 'no remedy is told');
  return verdict;
}

/** A bundle that is open already; its files are never asked for. */
export function bundleOf(manifest: Partial<BundleManifest>): Bundle {
  const whole: BundleManifest = { kubernetesVersion: 'v1.20.2', arch: 'amd64', files: [], ...manifest };
  return { manifest: whole, origin: '/tmp/bundle' } as Partial<Bundle> as Bundle;
}
