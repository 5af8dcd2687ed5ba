import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { isAddonPod } from '../../kubernetes/addons.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { conditionOf } from '../../kubernetes/node/conditions.ts';
import { sameMachineId } from '../../kubernetes/node/machine-id.ts';
import { podsOn } from '../../kubernetes/node/pods-on-node.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { checkPodEndpoint, hasPodAddress } from '../hub/endpoints.ts';
import { VENDOR } from '../vendor-messages.ts';
import { callbackPhase } from './callback.ts';
import type { JoinContext } from './context.ts';
import { runsUnits, waitForHub } from './install-edgehub.ts';
import { warnOfOtherConfiguration } from './install-runtime.ts';
import { kubeletGuard, kubeletTrouble } from './kubelet-guard.ts';
import { warnOfConditions } from './node-conditions.ts';
import { addonsKeptOff, CLUSTER_ADDONS, nodeAnnotations, nodeLabels, outdatedLabels } from './node-labels.ts';
import { nodesWithSameMachineId, servingRequestOf } from './node-notes.ts';
import { applyMetadata, readinessOf } from './node-object.ts';

type Context = JoinContext & PhaseTools;

export const addonsPhase: Phase<JoinContext> = {
  name: 'addons',
  title: 'Wait for add-ons',
  when: ({ spec }) => (spec.allowedClusterAddons?.length ?? 0) > 0 || 'none requested',
  run: checkAddons,
};

export const hubPhase: Phase<JoinContext> = {
  name: 'edgehub',
  title: 'Check the edge-hub',
  when: ({ spec }) => spec.edgeHub !== false || 'no edge-hub',
  run: checkHub,
};

export const postCheck: Phase<JoinContext> = {
  name: 'post-check',
  title: 'Verify the node',
  when: runsUnits,
  phases: [
    { name: 'runtime', title: 'Check the container runtime', run: checkRuntime },
    { name: 'kubelet', title: 'Check the kubelet', run: checkKubeletService },
    hubPhase,
    { name: 'node-ready', title: 'Wait until the node is Ready', run: checkNode },
    addonsPhase,
    callbackPhase,
  ],
};

/** What containerd makes of its configuration is asked when the kubelet, which is slower beside it, is up. */
async function checkNode(context: Context): Promise<void> {
  await checkNodeObject(context);
  await warnOfOtherConfiguration(context);
}

export async function checkRuntime({ host, spec, log, waitFor }: Context): Promise<void> {
  log.vendor(VENDOR.checkingRuntime(spec.runtime));
  await waitForUnit(host, waitFor, `${spec.runtime}.service`, 'RUNTIME_FAILED');
  log.vendor(VENDOR.runtimeOk(spec.runtime));
  await compareRuntimeVersion(host, spec, log);
}

/** The bundle or the runtime's package decides on its version; an unexpected one is a warning. */
async function compareRuntimeVersion(host: Host, spec: JoinContext['spec'], log: PhaseTools['log']): Promise<void> {
  const wanted = spec.runtimeVersion?.replace(/^v/, '');
  if (wanted === undefined) return;
  const { stdout } = await host.query(spec.runtime, ['--version']);
  const found = /\bv?(\d+\.\d+[\w.+~-]*)/.exec(stdout)?.[1];
  const isIt = found?.startsWith(wanted) && /^($|[.~+-])/.test(found.slice(wanted.length));
  if (found === undefined || isIt) return;
  log.warning(`${spec.runtime} ${found} is running, but ${wanted} was requested.`);
}

export async function checkKubeletService({ host, log, waitFor }: Context): Promise<void> {
  log.vendor(VENDOR.checkingKubelet);
  await waitForUnit(host, waitFor, PATHS.kubelet.unit, 'KUBELET_FAILED');
  log.vendor(VENDOR.kubeletOk);
}

async function waitForUnit(
  host: Host,
  waitFor: PhaseTools['waitFor'],
  unit: string,
  code: 'KUBELET_FAILED' | 'RUNTIME_FAILED',
): Promise<void> {
  await waitFor({
    what: `${unit} to run`,
    timeoutMs: 60_000,
    code,
    probe: async () => {
      const state = await host.unit(unit);
      return state.active ? { done: true } : { seen: state.detail };
    },
    evidence: () => (host.unbound ?? host).unitLog(unit, 10),
  });
}

async function checkHub(context: Context): Promise<void> {
  const { host, node, log, waitFor } = context;
  if (!(await node.edgeHub())) return;
  log.vendor(VENDOR.checkingEdgeHub);
  await waitForHub(host, await node.name(), waitFor);
  log.vendor(VENDOR.edgeHubOk);
  await warnOfPodEndpoint(context);
}

/** A certificate that pods do not accept; a port that is closed waits for its certificate, which is reported then. */
async function warnOfPodEndpoint({ host, wet, signal, log }: Context): Promise<void> {
  // A scratch root has the network of the machine that it is on.
  if (!wet || !host.runsPrograms || !(await hasPodAddress(host))) return;
  const { answers, ok, endpoint, found } = await checkPodEndpoint(
    host,
    await host.read(PATHS.kubernetes.caCertificate),
    signal,
  );
  if (answers && !ok)
    log.warning(
      `Pods on this node do not reach the API server through the edge-hub: ${endpoint}: ${found}. Check again: edgeadm hub endpoints`,
    );
}

/** Waits by watching the Node object as the node itself. */
export async function checkNodeObject(context: Context): Promise<void> {
  const { host, node, credentials, log, waitFor } = context;
  const [name, client, { machineId }] = await Promise.all([node.name(), credentials.client(), host.facts()]);
  const since = context.seen.kubeletSince ?? (await startOfKubelet(host));
  let shown: V1Node | undefined;
  await waitFor({
    what: `the node ${name} to be registered and Ready`,
    timeoutMs: 240_000,
    code: 'NODE_NOT_READY',
    guard: kubeletGuard(host),
    probe: async (signal) =>
      client ? watchUntilReady(client, { name, machineId, since }, signal, (seen) => (shown = seen)) : { done: true },
    evidence: async () =>
      `${shown ? describeConditions(shown) : 'the node did not register'}\n${await kubeletTrouble(host.unbound ?? host)}`,
  });
  // A dry run on a node that is joined tells which labels would change.
  if (!context.wet) shown = await client?.find<V1Node>(`/api/v1/nodes/${name}`);
  if (!client || !shown) return;
  await applyMetadata(
    client,
    shown,
    await nodeLabels(context),
    await nodeAnnotations(context),
    outdatedLabels(context),
  );
  await warnOfConditions(context, client, shown);
  if (!node.journal.joined) for (const note of await notesOn(context, client, { name, machineId })) log.warning(note);
  const keptOff = addonsKeptOff(context.spec);
  if (keptOff.length > 0) log.warning(describeKeptOff(keptOff));
  const readiness = readinessOf(shown);
  context.seen.ready = readiness.state === 'ready';
  if (readiness.state === 'no-cni' && !keptOff.includes('flannel')) {
    log.warning(
      `The node is registered, and becomes Ready once the cluster installs its CNI configuration: ${readiness.message}`,
    );
  }
}

/** What a user should know of a node that has just joined, though it works. */
async function notesOn(
  { cluster, spec }: Context,
  client: ApiClient,
  { name, machineId }: { readonly name: string; readonly machineId: string },
): Promise<string[]> {
  const configuration = await cluster.kubeletConfiguration().catch(() => undefined);
  const bootstraps = configuration?.serverTLSBootstrap === true;
  const [twins, serving] = await Promise.all([
    nodesWithSameMachineId(client, name, machineId),
    bootstraps ? servingRequestOf(client, name) : undefined,
  ]);
  const told =
    twins.length > 0 &&
    `This machine has the machine-id of the node ${twins.join(', ')}: it was cloned. Leave with \`edgeadm reset\`, make a new id (\`rm -f /etc/machine-id; systemd-machine-id-setup\`), reboot and join again.`;
  return [...(told ? [told] : []), ...(serving ? [serving] : []), ...(spec.gpuVersion === '' ? [] : [GPU_NOTE])];
}

const GPU_NOTE =
  "This node has GPUs. Pods get them once NVIDIA's device plug-in runs (DaemonSet nvidia-device-plugin) and the cluster has a RuntimeClass with the handler nvidia: such a pod has runtimeClassName: nvidia and the limit nvidia.com/gpu: 1.";

function describeKeptOff(addons: readonly string[]): string {
  const network = addons.includes('flannel') ? ' Without Flannel it stays NotReady until another CNI plugin runs.' : '';
  return (
    `allowedClusterAddons keeps these add-ons off the node: ${addons.join(', ')}.${network} ` +
    `To allow them, run the same join with \`--allowed-cluster-addons ${CLUSTER_ADDONS.join(',')}\`.`
  );
}

/** Seconds since 1970 at which the kubelet was started, by the node's clock; 0 if systemd does not say. */
async function startOfKubelet(host: Host): Promise<number> {
  const { stdout } = await host.query('systemctl', ['show', PATHS.kubelet.unit, '--property=MainPID']);
  const pid = /MainPID=(\d+)/.exec(stdout)?.[1] ?? '0';
  const age = await host.query('ps', ['-o', 'etimes=', '-p', pid]);
  return age.exitCode === 0 ? Math.floor((await host.clock()).now / 1000) - Number(age.stdout) - 1 : 0;
}

interface Wanted {
  readonly name: string;
  readonly machineId: string;
  readonly since: number;
}

/** Short, so that it is noticed in between if the kubelet has died. */
const WATCH_SECONDS = 5;

/** What an earlier kubelet, or another machine of the same name, said of the node does not count. */
async function watchUntilReady(
  client: ApiClient,
  { name, machineId, since }: Wanted,
  signal: AbortSignal,
  show: (node: V1Node) => void,
) {
  const query = `watch=true&timeoutSeconds=${WATCH_SECONDS}&fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
  let seen = 'the node has not registered yet';
  for await (const event of client.watch<V1Node>(`/api/v1/nodes?${query}`, signal)) {
    if (event.type === 'DELETED' || event.type === 'ERROR' || isUnreported(event.object)) continue;
    show(event.object);
    const old = isFromBefore(event.object, machineId, since);
    if (old) seen = 'its last status is from before this join';
    if (old) continue;
    const readiness = readinessOf(event.object);
    if (readiness.state !== 'waiting') return { done: true as const };
    seen = readiness.message;
  }
  return { seen };
}

/** True for a Node that the join created and no kubelet has filled in yet. */
function isUnreported({ status }: V1Node): boolean {
  return conditionOf({ status }, 'Ready')?.status === 'False' && status?.nodeInfo?.kubeletVersion === '';
}

function isFromBefore(node: V1Node, machineId: string, since: number): boolean {
  const ready = conditionOf(node, 'Ready');
  const heartbeat = Date.parse(String(ready?.lastHeartbeatTime ?? '')) / 1000;
  return heartbeat < since || (machineId !== '' && !sameMachineId(node.status?.nodeInfo?.machineID, machineId));
}

function describeConditions(node: V1Node): string {
  return (node.status?.conditions ?? [])
    .map(({ type, status, message }) => `${type}=${status}: ${message ?? ''}`)
    .join('\n');
}

async function checkAddons(context: Context): Promise<void> {
  await Promise.all((context.spec.allowedClusterAddons ?? []).map((addon) => checkAddon(context, addon)));
  if (context.seen.ready !== false) return;
  // The network add-on may have made it Ready since.
  const client = await context.credentials.client();
  const shown = await client?.find<V1Node>(`/api/v1/nodes/${await context.node.name()}`);
  context.seen.ready = shown !== undefined && readinessOf(shown).state === 'ready';
}

/** A DaemonSet's pod comes a moment after its node. */
const ADDON_GRACE_MS = 10_000;

/** An add-on is waited for when the cluster has put a pod of it onto this node; a cluster without it is fine. */
async function checkAddon({ node, credentials, log, waitFor }: Context, addon: string): Promise<void> {
  const [name, client] = await Promise.all([node.name(), credentials.client()]);
  log.vendor(VENDOR.checkingAddon(addon));
  const started = performance.now();
  const found = await waitFor({
    what: `the add-on ${addon} to run on the node`,
    timeoutMs: 180_000,
    intervalMs: [200, 2000],
    code: 'ADDON_NOT_READY',
    probe: async (signal) => {
      const pod = client && (await findAddon(client, name, addon, signal));
      if (!pod) return performance.now() - started > ADDON_GRACE_MS ? { done: false } : { seen: 'no pod of it yet' };
      return isRunning(pod) ? { done: true } : { seen: `pod ${pod.metadata?.name} is ${describePod(pod)}` };
    },
  });
  if (found === undefined) return;
  if (found === false) log.info(`The cluster has scheduled no ${addon} pod on this node.`);
  else log.vendor(VENDOR.addonOk(addon));
}

async function findAddon(
  client: ApiClient,
  nodeName: string,
  addon: string,
  signal: AbortSignal,
): Promise<V1Pod | undefined> {
  return (await podsOn(client, nodeName, signal)).find((pod) => isAddonPod(pod, addon));
}

function isRunning(pod: V1Pod): boolean {
  return pod.status?.phase === 'Running' && (pod.status.containerStatuses ?? []).every((container) => container.ready);
}

function describePod(pod: V1Pod): string {
  const waiting = pod.status?.containerStatuses?.find((container) => container.state?.waiting)?.state?.waiting;
  return [pod.status?.phase, waiting?.reason, waiting?.message].filter(Boolean).join(': ');
}
