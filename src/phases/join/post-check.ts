import type { V1Node, V1Pod } from '@kubernetes/client-node';
import type { Host } from '../../host/host.ts';
import type { ApiClient } from '../../kubernetes/client.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import type { JoinContext } from './context.ts';
import { runsPrograms, waitForHub } from './install-edgehub.ts';
import { nodeAnnotations, nodeLabels } from './node-labels.ts';
import { applyMetadata, readinessOf } from './node-object.ts';

type Context = JoinContext & PhaseTools;

export const postCheck: Phase<JoinContext> = {
  name: 'post-check',
  title: 'Verify the node',
  when: runsPrograms,
  phases: [
    { name: 'runtime', title: 'Check the container runtime', run: checkRuntime },
    { name: 'kubelet', title: 'Check the kubelet', run: checkKubelet },
    {
      name: 'edgehub',
      title: 'Check the edge-hub',
      when: ({ spec }) => spec.edgeHub !== false || 'no edge-hub',
      run: checkHub,
    },
    { name: 'node-ready', title: 'Wait until the node is Ready', run: checkNode },
    {
      name: 'addons',
      title: 'Wait for add-ons',
      when: ({ spec }) => spec.allowedClusterAddons.length > 0 || 'none asked for',
      run: checkAddons,
    },
  ],
};

async function checkRuntime({ host, spec, log, waitFor }: Context): Promise<void> {
  log.info(`Checking ${spec.runtime} status`);
  await waitForUnit(host, waitFor, `${spec.runtime}.service`, 'RUNTIME_FAILED');
  log.info(`${spec.runtime} is ok`);
}

async function checkKubelet({ host, log, waitFor }: Context): Promise<void> {
  log.info('Checking kubelet status');
  await waitForUnit(host, waitFor, 'kubelet.service', 'KUBELET_FAILED');
  log.info('Kubelet is ok');
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
    evidence: () => host.unitLog(unit, 10),
  });
}

async function checkHub({ host, node, log, waitFor }: Context): Promise<void> {
  if (!(await node.edgeHub())) return;
  log.info('Checking edgehub status');
  await waitForHub(host, waitFor);
  log.info('Edgehub is ok');
}

/** Waits by watching the Node object as the node itself. */
async function checkNode(context: Context): Promise<void> {
  const { host, node, credentials, log, waitFor } = context;
  const [name, client] = await Promise.all([node.name(), credentials.client()]);
  let shown: V1Node | undefined;
  await waitFor({
    what: `the node ${name} to be registered and Ready`,
    timeoutMs: 240_000,
    code: 'NODE_NOT_READY',
    probe: async (signal) =>
      client ? watchUntilReady(client, name, signal, (seen) => (shown = seen)) : { done: true },
    evidence: async () =>
      `${shown ? describeConditions(shown) : 'the node never registered'}\n${await host.unitLog('kubelet.service', 6)}`,
  });
  if (!client || !shown) return;
  await applyMetadata(client, shown, await nodeLabels(context), await nodeAnnotations(context));
  const readiness = readinessOf(shown);
  if (readiness.state === 'no-cni') {
    log.warning(
      `The node is registered and becomes Ready when the cluster brings its CNI configuration: ${readiness.message}`,
    );
  }
}

async function watchUntilReady(client: ApiClient, name: string, signal: AbortSignal, show: (node: V1Node) => void) {
  const query = `watch=true&timeoutSeconds=30&fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
  let seen = 'the node has not registered yet';
  for await (const event of client.watch<V1Node>(`/api/v1/nodes?${query}`, signal)) {
    if (event.type === 'DELETED' || event.type === 'ERROR') continue;
    show(event.object);
    const readiness = readinessOf(event.object);
    if (readiness.state !== 'waiting') return { done: true as const };
    seen = readiness.message;
  }
  return { seen };
}

function describeConditions(node: V1Node): string {
  return (node.status?.conditions ?? [])
    .map(({ type, status, message }) => `${type}=${status}: ${message ?? ''}`)
    .join('\n');
}

async function checkAddons(context: Context): Promise<void> {
  await Promise.all(context.spec.allowedClusterAddons.map((addon) => checkAddon(context, addon)));
}

/** An add-on is waited for when the cluster has put a pod of it onto this node; a cluster without it is no failure. */
async function checkAddon({ node, credentials, log, waitFor }: Context, addon: string): Promise<void> {
  const [name, client] = await Promise.all([node.name(), credentials.client()]);
  log.info(`Checking addon ${addon} status.`);
  const found = await waitFor({
    what: `the add-on ${addon} to run on the node`,
    timeoutMs: 180_000,
    intervalMs: [200, 2000],
    code: 'ADDON_NOT_READY',
    probe: async () => {
      const pod = client && (await findAddon(client, name, addon));
      if (!pod) return { done: false };
      return isRunning(pod) ? { done: true } : { seen: `pod ${pod.metadata?.name} is ${describePod(pod)}` };
    },
  });
  log.info(found === false ? `The cluster has put no pod of ${addon} onto this node.` : `${addon} is OK.`);
}

async function findAddon(client: ApiClient, nodeName: string, addon: string): Promise<V1Pod | undefined> {
  const selector = encodeURIComponent(`spec.nodeName=${nodeName}`);
  const { items } = await client.get<{ items: V1Pod[] }>(`/api/v1/pods?fieldSelector=${selector}`);
  return items.find((pod) => pod.metadata?.name?.includes(addon));
}

function isRunning(pod: V1Pod): boolean {
  return pod.status?.phase === 'Running' && (pod.status.containerStatuses ?? []).every((container) => container.ready);
}

function describePod(pod: V1Pod): string {
  const waiting = pod.status?.containerStatuses?.find((container) => container.state?.waiting)?.state?.waiting;
  return [pod.status?.phase, waiting?.reason, waiting?.message].filter(Boolean).join(': ');
}
