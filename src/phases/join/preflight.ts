import { hubFormOf, nameOfHub } from '../../edge-hub/releases.ts';
import { answeredNo, confirmationNeeded } from '../../errors/confirmation.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { caHashes } from '../../pki/ca-hash.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import type { Membership } from '../preflight/context.ts';
import { runChecks } from '../preflight/run-checks.ts';
import type { JoinContext } from './context.ts';
import { askRuntimeAhead, willChangeRuntime } from './install-runtime.ts';
import { checkTaints } from './node-object.ts';

/** Nothing is changed before every check has passed. */
export const preflight: Phase<JoinContext> = {
  name: 'preflight',
  title: 'Check the node and its connection to the cluster',
  run: async (context) => {
    await checkNodeAndTaints(context, context.spec.taints);
    await askForRuntime(context);
    askRuntimeAhead(context);
  },
};

/** What is checked on every platform. */
export async function checkNodeAndTaints(
  context: JoinContext & PhaseTools,
  taints: JoinContext['spec']['taints'],
): Promise<void> {
  for (const text of withoutEffect(context.spec)) context.log.warning(text);
  await runChecks(context);
  checkTaints(await context.cluster.node(await context.node.name()), taints);
}

/** Keys of the vendor's that choose between its networks: edgeadm takes the API server's address from the command. */
function withoutEffect({ inDedicatedNetwork, interconnectMode, apiServers }: JoinContext['spec']): string[] {
  const given = [
    ...(inDedicatedNetwork ? ['inDedicatedNetwork: true'] : []),
    ...(interconnectMode === 'private' ? ['interconnectMode: private'] : []),
  ];
  return given.map(
    (key) =>
      `${key} changes nothing on the node: it uses the API server at ${apiServers.join(', ')}, over whichever line that address is reached.`,
  );
}

/**
 * A node belongs to one cluster under one name until it is reset, whatever phases are requested.
 * @throws EdgeadmError ALREADY_JOINED
 */
export async function refuseForeignMembership({ spec, node, cluster }: JoinContext): Promise<void> {
  const membership = await node.membership();
  if (!membership) return;
  refuseOtherPool(membership, spec.nodePool);
  await refuseWithoutHub(spec, node);
  await refuseOtherForm(node);
  const [name, { caHash, caPem }] = await Promise.all([node.name(), cluster.trusted()]);
  // During a rotation of the CA the cluster has two, in any order.
  const isSame = membership.caHash === caHash || caHashes(caPem).includes(membership.caHash);
  if (isSame && membership.nodeName === name) return;
  const other = isSame ? 'this cluster under another name' : 'another cluster';
  throw new EdgeadmError({
    code: 'ALREADY_JOINED',
    what: `the node ${membership.complete ? 'belongs' : 'was being joined'} to ${other}`,
    why: [
      `joined:    ${membership.nodeName} in the cluster with CA sha256:${membership.caHash}`,
      `requested: ${name} in the cluster with CA sha256:${caHash}`,
    ].join('\n'),
    next: 'edgeadm reset, then run the same command again',
  });
}

/**
 * A node pool decides over networks and add-ons: a node cannot move to another one by its label.
 * @throws EdgeadmError ALREADY_JOINED
 */
function refuseOtherPool({ nodePool, nodeName, complete }: Membership, wanted: string | undefined): void {
  if (nodePool === undefined || wanted === undefined || nodePool === wanted) return;
  throw new EdgeadmError({
    code: 'ALREADY_JOINED',
    what: `the node ${complete ? 'belongs' : 'was being joined'} to another node pool`,
    why: `joined:    ${nodeName} in the node pool ${nodePool}\nrequested: the node pool ${wanted}`,
    next: 'edgeadm reset, then run the same command again',
  });
}

/**
 * Its pod, keys and iptables rules would stay, and the kubelet would pass it by.
 * @throws EdgeadmError ALREADY_JOINED
 */
async function refuseWithoutHub(spec: JoinContext['spec'], node: JoinContext['node']): Promise<void> {
  const hub = spec.edgeHub === false ? await node.installedHub() : undefined;
  if (!hub) return;
  throw new EdgeadmError({
    code: 'ALREADY_JOINED',
    what: 'the node was joined with an edge-hub',
    why: `joined:    with ${nameOfHub(hub)}\nrequested: --no-edge-hub`,
    next: 'edgeadm reset, then run the same command again',
  });
}

/**
 * Two hubs would fight for the ports.
 * @throws EdgeadmError ALREADY_JOINED
 */
async function refuseOtherForm(node: JoinContext['node']): Promise<void> {
  const [installed, wanted] = await Promise.all([node.installedHub(), node.edgeHub()]);
  if (!installed || !wanted || hubFormOf(installed) === hubFormOf(wanted)) return;
  const inWords = { pod: 'a static pod', service: 'a service' };
  const as = hubFormOf(wanted);
  throw new EdgeadmError({
    code: 'ALREADY_JOINED',
    what: `the edge-hub of this node is ${inWords[hubFormOf(installed)]}`,
    why: `joined:    with ${nameOfHub(installed)}, ${inWords[hubFormOf(installed)]}\nrequested: ${nameOfHub(wanted)}, ${inWords[as]}`,
    next: `edgeadm upgrade --edge-hub-as ${as} ${as === 'pod' ? '--edge-hub-image IMAGE' : '--edge-hub-program FILE'} (or --bundle): it moves the edge-hub`,
  });
}

/**
 * Managing the runtime changes one that edgeadm did not install: it asks first.
 * @throws EdgeadmError CONFIRMATION_NEEDED without a terminal, INTERRUPTED if the answer is no
 */
async function askForRuntime(context: JoinContext & PhaseTools): Promise<void> {
  const { spec, wet, confirm } = context;
  if (!spec.manageRuntime || spec.yes || !wet || !(await willChangeRuntime(context))) return;
  const question = 'containerd is already installed. Change its configuration and restart it?';
  if (!confirm) throw confirmationNeeded(question);
  if (!(await confirm(question))) throw answeredNo();
}
