import { filesOf } from '../../artifacts/bundle.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { PATHS } from '../../host/node-paths.ts';
import { refuseUndrainable } from '../../kubernetes/drain/drain.ts';
import { lacksDockershim, usesDockershim } from '../../kubernetes/kubelet/migrations.ts';
import { findKubelet, kubeletVersionOf } from '../../kubernetes/kubelet/program.ts';
import { kubeletSettings } from '../../kubernetes/kubelet/settings.ts';
import { swapAreas } from '../../lib/swap-areas.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { readinessOf } from '../join/node-object.ts';
import { isThisMachine } from '../reset/teardown/not-ready.ts';
import { checkKubelet } from './check-kubelet.ts';
import { checkMigration } from './check-migration.ts';
import { checkSystem } from './check-system.ts';
import type { UpgradeContext } from './context.ts';
import { neededImages } from './docker-images.ts';
import { checkEdgeHub, checkHubSetup } from './edge-hub.ts';
import { getNode } from './node-health.ts';
import { upgradeCheckFailed } from './precheck-error.ts';
import { checkVersions, drainAdvice, sameVersion } from './versions.ts';

type Context = UpgradeContext & PhaseTools;

const MEBIBYTE = 1024 * 1024;
/** What has to be free beside the files of the bundle and the copies of those they replace. */
const SPARE_BYTES = 64 * MEBIBYTE;
/** A kubelet is up in a second or two and reports its node as Ready within ten. */
const HEALTH_TIMEOUT_MS = 20_000;

/** What is asked of the node and its pods, on every operating system, after all else. */
export const NODE_CHECKS: readonly Phase<UpgradeContext>[] = [
  {
    name: 'pods',
    title: 'Check that the node can be drained',
    when: ({ spec }) => spec.drain || 'not requested (--drain)',
    run: checkDrain,
  },
  {
    name: 'health',
    title: 'Check that the node is healthy',
    when: ({ underWay }) => underWay() === undefined || 'an upgrade is in progress',
    run: checkHealth,
  },
];

export const precheck: Phase<UpgradeContext> = {
  name: 'precheck',
  title: 'Check versions, node and bundle',
  phases: [
    { name: 'versions', title: 'Compare versions', run: checkVersionsPhase },
    { name: 'system', title: 'Check the operating system', run: checkSystem },
    { name: 'kubelet', title: 'Check the settings of the kubelet', run: checkKubelet },
    { name: 'runtime', title: 'Check the container runtime', run: checkRuntime },
    { name: 'bundle', title: 'Check the bundle', run: checkBundle },
    { name: 'disk', title: 'Check the disk', run: checkDisk },
    ...NODE_CHECKS,
  ],
};

export async function checkVersionsPhase(context: Context): Promise<void> {
  const { versions, spec, log, signal } = context;
  checkVersions(versions, spec);
  log.info(`The kubelet goes from ${versions.from} to ${versions.to}; the API server is ${versions.cluster}.`);
  // A controller that upgrades a cluster drains the node by itself, and cordons it for that.
  const isDrained = spec.drain || (await getNode(context, signal)).spec?.unschedulable === true;
  const advice = drainAdvice(versions, isDrained);
  if (advice) log.warning(advice);
}

async function checkRuntime(context: Context): Promise<void> {
  const { host, versions, fromDocker, underWay } = context;
  if (fromDocker) return underWay() ? undefined : checkMigration(context);
  if (!lacksDockershim(versions.to) || !usesDockershim(await kubeletSettings(host), versions.from)) return;
  throw new EdgeadmError({
    code: 'UPGRADE_RUNTIME',
    what: `the node uses docker, and kubelet ${versions.to} supports only CRI runtimes`,
    why: 'Kubernetes 1.24 removed dockershim, which connects the kubelet to docker',
    next: [
      'drain the node, run edgeadm reset, and join it again with containerd',
      'or: install cri-dockerd, set --container-runtime=remote and --container-runtime-endpoint to its socket, then upgrade',
      'or: run edgeadm upgrade --migrate-runtime, which stops the pods and recreates them in containerd',
    ].join('\n'),
  });
}

/** Without a bundle something else (a package) must have installed the kubelet. */
export async function checkBundle(context: Context): Promise<void> {
  const { host, spec, bundle, versions } = context;
  await checkEdgeHub(context);
  await checkHubSetup(context);
  if (bundle && filesOf(bundle.manifest, 'kubelet').length > 0) {
    if (sameVersion(bundle.manifest.kubernetesVersion, versions.to)) return;
    throw new EdgeadmError({
      code: 'UPGRADE_VERSION',
      what: `the bundle contains kubelet ${bundle.manifest.kubernetesVersion}, but ${versions.to} was requested`,
      why: bundle.origin,
      next: 'pass a bundle of that version, or another --target-version',
    });
  }
  const installed = await kubeletVersionOf(host, await findKubelet(host));
  if (installed !== undefined && sameVersion(installed, versions.to)) return;
  throw new EdgeadmError({
    code: 'BUNDLE_NEEDED',
    what: `there is no kubelet ${versions.to} to install`,
    why: `${spec.bundle === undefined ? 'no bundle was given' : 'the bundle contains no kubelet'}; the node has ${installed ?? 'none'}`,
    next: 'edgeadm upgrade --bundle DIR|TGZ|URL',
  });
}

async function checkDisk(context: Context): Promise<void> {
  const { host, bundle } = context;
  const kubelet = (await host.stat(PATHS.kubelet.program))?.size ?? 0;
  const ofBundle = (bundle?.manifest.files ?? []).reduce((sum, { size }) => sum + (size ?? 0), 0);
  const needed = Math.max(ofBundle, kubelet) + kubelet + (await bytesForCopies(context)) + SPARE_BYTES;
  const { stdout } = await host.query('df', ['-P', '-k', '/var/lib', '/usr/bin']);
  for (const line of stdout.trim().split('\n').slice(1)) {
    const [, free, mount] = /\s\d+\s+\d+\s+(-?\d+)\s+\S+\s+(.+)$/.exec(line) ?? [];
    if (free === undefined || Number(free) * 1024 >= needed) continue;
    const mebibytes = (bytes: number): string => `${Math.ceil(bytes / MEBIBYTE)} MiB`;
    throw upgradeCheckFailed([`${mount}: ${mebibytes(Number(free) * 1024)} free, ${mebibytes(needed)} needed`]);
  }
}

/** Before anything is changed. @throws EdgeadmError DRAIN_REFUSED */
async function checkDrain({ admin, nodeName, spec, signal }: Context): Promise<void> {
  if (admin) await refuseUndrainable(admin, nodeName, { signal, policy: spec.drainPolicy });
}

/** Docker keeps its images; containerd has each packed and unpacked, and one at a time is between the two. */
async function bytesForCopies(context: Context): Promise<number> {
  if (!context.fromDocker) return 0;
  const sizes = (await neededImages(context)).copies.map(({ bytes }) => bytes);
  return 2 * sizes.reduce((sum, bytes) => sum + bytes, 0) + Math.max(0, ...sizes);
}

async function checkHealth(context: Context): Promise<void> {
  const found = await troubles(context, context.signal);
  if (found.length === 0) return;
  if (!context.wet || found.some(({ passes }) => !passes)) throw upgradeCheckFailed(found.map(({ what }) => what));
  // The kubelet may have just been restarted.
  await context.waitFor({
    what: 'the node to be healthy',
    timeoutMs: HEALTH_TIMEOUT_MS,
    code: 'UPGRADE_CHECK_FAILED',
    probe: async (signal) => {
      const left = await troubles(context, signal);
      return left.length === 0 ? { done: true } : { seen: left.map(({ what }) => what).join('\n') };
    },
  });
}

interface Trouble {
  readonly what: string;
  /** True if it may be over in a moment. */
  readonly passes: boolean;
}

async function troubles(context: Context, signal: AbortSignal): Promise<Trouble[]> {
  const { host } = context;
  const [kubelet, node, { configuration }, swaps] = await Promise.all([
    host.unit(PATHS.kubelet.unit),
    getNode(context, signal),
    kubeletSettings(host),
    host.read('/proc/swaps'),
  ]);
  const found: Trouble[] = [];
  const passes = /^(de)?activating/.test(kubelet.detail);
  if (!kubelet.active) found.push({ what: `${PATHS.kubelet.unit} is ${kubelet.detail}`, passes });
  if (!(await isThisMachine(host, node)))
    found.push({ what: `Node ${context.nodeName} in the cluster is another machine`, passes: false });
  const readiness = readinessOf(node);
  if (readiness.state === 'waiting')
    found.push({ what: `the node is not Ready: ${readiness.message}`, passes: kubelet.active || passes });
  if (swapAreas(swaps).length > 0 && configuration.failSwapOn !== false)
    found.push({ what: 'swap is on: a restarted kubelet would not start with it', passes: false });
  return found;
}
