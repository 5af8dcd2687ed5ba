import { purchasedFor } from '../../cloud/eni-marker.ts';
import type { EnsInterface } from '../../cloud/ens.ts';
import { EdgeadmError, toEdgeadmError } from '../../errors/index.ts';
import { count } from '../../lib/count.ts';
import { formatDuration } from '../../lib/duration.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { describeDrain, nodeOfInstance } from './cluster-node.ts';
import { requireConfirmation } from './confirm.ts';
import { found, type ReleaseContext, type ReleaseSpec } from './context.ts';
import { refuseUndrainableInstance } from './drain.ts';
import { waitUntilSettled } from './inspect.ts';
import { isFinal } from './power.ts';
import { downtimeOf } from './verify.ts';

const CHANGE_TIMEOUT_MS = 180_000;

export const inspectRelease: Phase<ReleaseContext> = {
  name: 'inspect',
  title: 'Inspect the instance and its ENIs',
  run: async (context) => {
    const { spec, cluster, facts, say } = context;
    const { instance, interfaces } = await waitUntilSettled(context, spec.instanceId);
    refuseForeign(spec, interfaces);
    const addresses = interfaces.filter((eni) => eni.instanceId === instance.id).flatMap((eni) => eni.addresses);
    const node = cluster && (await nodeOfInstance(cluster, { id: instance.id, addresses }));
    facts.inspection = { instance, interfaces, securityRules: [], node };
    const all = ours(spec, interfaces);
    facts.ready = all.filter((eni) => eni.instanceId === instance.id);
    facts.nothing = all.length === 0;
    for (const line of describe(facts.inspection, facts.ready, spec)) say(line);
    if (facts.ready.length > 0) await refuseUndrainableInstance(context, facts.inspection);
  },
};

export const confirmRelease: Phase<ReleaseContext> = {
  name: 'confirm',
  title: 'Confirm',
  run: async (context) => {
    const { spec, facts } = context;
    const { instance, interfaces, node } = found(facts.inspection, 'the instance');
    if (facts.nothing) return;
    const runs = instance.status === 'Running';
    const stops = runs && facts.ready.length > 0;
    const does = [
      stops && node && `drain node ${node.name}`,
      stops && 'stop and start the instance',
      `delete ${count('ENI', ours(spec, interfaces).length)}`,
      !runs && 'start the instance, which is not running',
    ].filter(Boolean);
    await requireConfirmation(context, `${spec.instanceId}: ${does.join(', ')}?`);
  },
};

export const detach: Phase<ReleaseContext> = {
  name: 'detach',
  title: 'Detach the ENIs',
  when: ({ facts }) => facts.ready.length > 0 || 'none is attached',
  run: (context) =>
    change(context, {
      targets: context.facts.ready.map(({ id }) => id),
      what: 'to be detached',
      isDone: (eni) => eni === undefined || eni.status === 'Available',
      orderWhen: 'InUse',
      order: context.ens.detach,
    }),
};

export const deleteInterfaces: Phase<ReleaseContext> = {
  name: 'delete',
  title: 'Delete the ENIs',
  when: ({ facts, spec }) => ours(spec, facts.inspection?.interfaces ?? []).length > 0 || 'there are none',
  run: (context) =>
    change(context, {
      targets: ours(context.spec, context.facts.inspection?.interfaces ?? []).map(({ id }) => id),
      what: 'to be deleted',
      isDone: (eni) => eni === undefined,
      orderWhen: 'Available',
      order: context.ens.deleteInterface,
    }),
};

export const verifyRelease: Phase<ReleaseContext> = {
  name: 'verify',
  title: 'Verify',
  when: ({ facts }) => facts.agreed || 'nothing was done',
  run: async ({ ens, spec, facts, say }) => {
    const { instance } = found(facts.inspection, 'the instance');
    const left = ours(spec, await ens.interfaces({ networkId: instance.networkId }));
    const downtime = downtimeOf(facts);
    if (downtime !== undefined) say(`The instance was down for ${formatDuration(downtime)}.`);
    if (left.length === 0) return say(`The ENIs that edgeadm bought for ${spec.instanceId} are gone.`);
    throw new EdgeadmError({
      code: 'ENI_INCOMPLETE',
      what: `${count('ENI', left.length)} of ${spec.instanceId} could not be deleted; the instance is running`,
      why: left
        .map(({ id, status }) => `${id} (${status}): ${facts.refused.get(id)?.message ?? 'it still exists'}`)
        .join('\n'),
    });
  },
};

interface Change {
  readonly targets: readonly string[];
  readonly what: string;
  readonly isDone: (eni: EnsInterface | undefined) => boolean;
  /** The state in which the order is due. */
  readonly orderWhen: string;
  readonly order: (id: string) => Promise<void>;
}

/** Orders by what each interface's state asks for, until all are done or refused for good. */
async function change(context: ReleaseContext & PhaseTools, wanted: Change): Promise<void> {
  const { ens, facts, paceMs, waitFor, wet } = context;
  const { networkId } = found(facts.inspection, 'the instance').instance;
  if (!wet) {
    for (const id of wanted.targets) await wanted.order(id);
    return;
  }
  await waitFor({
    what: `${wanted.targets.join(', ')} ${wanted.what}`,
    timeoutMs: CHANGE_TIMEOUT_MS,
    intervalMs: paceMs,
    probe: async () => {
      const interfaces = await ens.interfaces({ networkId });
      const pending: string[] = [];
      for (const id of wanted.targets) {
        const eni = interfaces.find((each) => each.id === id);
        if (wanted.isDone(eni) || facts.refused.has(id)) continue;
        pending.push(`${id} is ${eni?.status}`);
        if (eni?.status === wanted.orderWhen) await orderOnce(context, id, wanted.order);
      }
      return pending.length === 0 ? { done: undefined } : { seen: pending.join('\n') };
    },
  });
}

async function orderOnce(
  { facts, log }: ReleaseContext & PhaseTools,
  id: string,
  order: (id: string) => Promise<void>,
): Promise<void> {
  await order(id).catch((thrown: unknown) => {
    const error = toEdgeadmError(thrown);
    log.warning(`${id}: ${error.message}`);
    if (isFinal(error)) facts.refused.set(id, error);
  });
}

/** What edgeadm bought for the instance, as far as requested. */
function ours({ instanceId, interfaceIds }: ReleaseSpec, interfaces: readonly EnsInterface[]): EnsInterface[] {
  return interfaces
    .filter((eni) => purchasedFor(eni.name) === instanceId && eni.status !== 'Deleting')
    .filter((eni) => eni.instanceId === undefined || eni.instanceId === instanceId)
    .filter(({ id }) => interfaceIds.length === 0 || interfaceIds.includes(id));
}

/** @throws EdgeadmError ENI_CHECK_FAILED: what others bought is not ours to delete */
function refuseForeign({ instanceId, interfaceIds }: ReleaseSpec, interfaces: readonly EnsInterface[]): void {
  const foreign = interfaceIds.filter((id) => {
    const eni = interfaces.find((each) => each.id === id);
    return eni !== undefined && purchasedFor(eni.name) !== instanceId;
  });
  if (foreign.length === 0) return;
  throw new EdgeadmError({
    code: 'ENI_CHECK_FAILED',
    what: `${foreign.join(', ')} was not bought by edgeadm for ${instanceId}; nothing was deleted`,
    next: 'delete it in the ENS console if it is no longer needed',
  });
}

function describe(
  { instance, interfaces, node }: NonNullable<ReleaseContext['facts']['inspection']>,
  attached: readonly EnsInterface[],
  spec: ReleaseSpec,
): string[] {
  const all = ours(spec, interfaces);
  const ids = (enis: readonly EnsInterface[]): string => enis.map(({ id }) => id).join(', ') || 'none';
  const drained = node ? [describeDrain(node)] : [];
  return [
    `Instance ${instance.id}: ${instance.status}, zone ${instance.regionId}`,
    `To detach: ${ids(attached)}`,
    `To delete: ${ids(all)}`,
    ...(attached.length > 0 && instance.status === 'Running'
      ? ['The instance is stopped and started again: workloads will be down for a few minutes.', ...drained]
      : []),
    ...(instance.status === 'Running' || all.length === 0
      ? []
      : ['The instance is not running: it is started at the end.']),
  ];
}
