import { type EnsInstance, requireInstance } from '../../cloud/ens.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import { CONTROL_PLANE, hasControlPlane, nodeOfInstance } from './cluster-node.ts';
import type { BindContext, EniContext, Inspection } from './context.ts';

const SETTLE_TIMEOUT_MS = 300_000;
const ON_THE_WAY = ['Attaching', 'Detaching'];

/** Looks at everything that a plan depends on; nothing is changed. */
export const inspect: Phase<BindContext> = {
  name: 'inspect',
  title: 'Inspect the instance, its ENIs and its security group',
  run: async (context) => {
    const { spec, ens, cluster, facts } = context;
    const { instance, interfaces } = await waitUntilSettled(context, spec.instanceId);
    const groups = spec.securityGroupId ? [spec.securityGroupId] : instance.securityGroupIds;
    const rules = await Promise.all(groups.map((group) => ens.securityRules(group)));
    const addresses = interfaces.filter(({ instanceId }) => instanceId === instance.id).flatMap((eni) => eni.addresses);
    const broken = [
      ...(spec.vSwitchId ? await vSwitchFaults(context, instance, spec.vSwitchId) : []),
      ...(cluster && !(await hasControlPlane(cluster)) ? [`the cluster has no ${CONTROL_PLANE}`] : []),
    ];
    if (broken.length > 0) throw checkFailed(spec.instanceId, broken);
    facts.inspection = {
      instance,
      interfaces,
      networkCidr: await ens.networkCidr(instance.networkId),
      securityRules: rules.flat(),
      node: cluster && (await nodeOfInstance(cluster, { id: instance.id, addresses })),
    };
  },
};

/** Instance and interfaces, once nothing is on its way from one state to another; a dry run takes them as they are. */
export async function waitUntilSettled(
  context: EniContext<object> & PhaseTools,
  instanceId: string,
): Promise<Pick<Inspection, 'instance' | 'interfaces'>> {
  const { ens, paceMs, wet } = context;
  const look = async (): Promise<Pick<Inspection, 'instance' | 'interfaces'>> => {
    const instance = await requireInstance(ens, instanceId);
    refuseInstance(instance);
    return { instance, interfaces: await ens.interfaces({ networkId: instance.networkId }) };
  };
  const first = await look();
  if (!wet || pendingChange(first) === undefined) return first;
  let refused: EdgeadmError | undefined;
  const then = await context.waitFor({
    what: `instance ${instanceId} and its ENIs to reach a stable state`,
    timeoutMs: SETTLE_TIMEOUT_MS,
    intervalMs: paceMs,
    guard: async () => {
      if (refused) throw refused;
    },
    probe: async () => {
      const now = await look().catch((error: unknown) => {
        if (error instanceof EdgeadmError && error.code === 'ENI_CHECK_FAILED') refused = error;
        throw error;
      });
      const seen = pendingChange(now);
      return seen === undefined ? { done: now } : { seen };
    },
  });
  return then ?? first;
}

/** What no waiting changes. @throws EdgeadmError ENI_CHECK_FAILED */
function refuseInstance({ id, status, networkId }: EnsInstance): void {
  if (status === 'Expired') throw checkFailed(id, ['the instance is Expired: renew it first']);
  if (networkId === '') throw checkFailed(id, ['the instance is in no VPC, and ENIs need one']);
}

function pendingChange({ instance, interfaces }: Pick<Inspection, 'instance' | 'interfaces'>): string | undefined {
  if (instance.status !== 'Running' && instance.status !== 'Stopped') return `the instance is ${instance.status}`;
  const moving = interfaces.find((eni) => eni.instanceId === instance.id && ON_THE_WAY.includes(eni.status));
  return moving && `${moving.id} is ${moving.status}`;
}

async function vSwitchFaults({ ens }: BindContext, instance: EnsInstance, id: string): Promise<string[]> {
  const vSwitch = await ens.vSwitch(id, instance.networkId);
  if (!vSwitch) return [`the vSwitch ${id} is not in the VPC of the instance (${instance.networkId})`];
  if (vSwitch.regionId === instance.regionId) return [];
  return [`the vSwitch ${id} is in zone ${vSwitch.regionId}, the instance in ${instance.regionId}`];
}

/** Limits and preconditions, all at once; nothing was bought. */
export function checkFailed(instanceId: string, broken: readonly string[], next?: string): EdgeadmError {
  return new EdgeadmError({
    code: 'ENI_CHECK_FAILED',
    what: `instance ${instanceId} cannot get these ENIs; nothing was bought`,
    why: broken.join('\n'),
    next,
  });
}
