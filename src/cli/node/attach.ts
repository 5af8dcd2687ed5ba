import { openCaller } from '../../cloud/caller.ts';
import { ecsInstancesOf } from '../../cloud/ecs.ts';
import { type Ens, type EnsInstance, ens } from '../../cloud/ens.ts';
import { poolNamed, poolPlaceOf } from '../../config/node-pool.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { usageError } from '../../errors/usage.ts';
import { count } from '../../lib/count.ts';
import { type AttachTarget, attachableEcs, attachableEns } from '../../phases/node/attach-conditions.ts';
import { attachEcs, attachEns } from '../../phases/node/attachment.ts';
import { serviceNodes } from '../../phases/node/removal.ts';
import type { CommandHost } from '../node-runner.ts';
import { logOf } from '../nodepool/pools.ts';
import { attachSpecOf } from '../nodepool/script.ts';
import { type ChangeWork, changeInService, type ServiceChangeFlags, type ServicePlan } from '../service-change.ts';
import { keptScripts } from './kept-script.ts';

export interface AttachFlags extends ServiceChangeFlags {
  readonly nodepool: string;
  readonly 'ens-region'?: string;
  readonly 'keep-name': boolean;
  readonly 'format-disk': boolean;
  readonly 'ignore-os': boolean;
  readonly again: boolean;
  readonly arch: 'amd64' | 'arm64';
  readonly 'node-spec': string;
}

interface AttachPlan extends ServicePlan {
  readonly pending: readonly string[];
  readonly run: (work: ChangeWork) => Promise<void>;
}

const SCRIPT_LIFETIME_S = 3600;

/** `edgeadm node attach`. @param password of root, for ECS instances */
export async function attachByService(
  flags: AttachFlags,
  ids: readonly string[],
  { host, password }: { readonly host: CommandHost; readonly password?: string },
) {
  const output = host.openOutput({ looksOnly: true });
  const spec = specOf(flags);
  for (const warning of spec.warnings) logOf(output, 'node attach').warning(warning);
  return changeInService<AttachPlan>({
    flags,
    output,
    argv: host.argv,
    plan: async (work) => {
      const { target, isCloud } = await targetOf(flags, work);
      if (!isCloud && password !== undefined) throw usageError(['--password-file is for ECS instances']);
      return isCloud
        ? planEcs(ids, { flags, work, target, password })
        : planEns(ids, { flags, work, target, nodeSpec: spec.keys });
    },
    run: async (plan, work) => {
      await plan.run(work);
      return { text: plan.pending.map((id) => `instance/${id} ${work.wait ? 'added' : 'is being added'}\n`).join('') };
    },
  });
}

function specOf(flags: AttachFlags) {
  const mistakes: string[] = [];
  const spec = attachSpecOf(flags['node-spec'], 'linux', (mistake) => mistakes.push(mistake));
  if (mistakes.length > 0) throw usageError(mistakes);
  return spec;
}

/** The kind of the pool decides: one of cloud instances takes ECS instances, an edge pool ENS instances. */
async function targetOf(flags: AttachFlags, { service, clusterId }: ChangeWork) {
  const [cluster, pools, nodes, quota] = await Promise.all([
    service.cluster(clusterId),
    service.nodePools(clusterId),
    service.nodes(clusterId),
    service.nodeQuota(),
  ]);
  const where = `cluster ${clusterId}`;
  const known = pools.map(({ nodepoolInfo: { nodepoolId, name, isDefault = false, type }, maxNodes }) => ({
    id: nodepoolId,
    name,
    isDefault,
    maxNodes,
    place: poolPlaceOf(type || 'edge'),
  }));
  const pool = poolNamed(known, flags.nodepool, where);
  const target: AttachTarget = {
    pool,
    vpcId: cluster.vpcId,
    nodes: serviceNodes(nodes, pools),
    quota,
    anyOs: flags['ignore-os'],
    where,
  };
  if (pool.place === 'hybrid') throw hybridPool(pool.name);
  return { target, isCloud: pool.place === 'cloud' };
}

function hybridPool(name: string): EdgeadmError {
  return new EdgeadmError({
    code: 'NODEPOOL_REFUSED',
    what: `instances cannot be added to the node pool ${name}`,
    why: 'it is a hybrid node pool: its nodes are servers outside the cloud',
  });
}

interface Planning {
  readonly flags: AttachFlags;
  readonly work: ChangeWork;
  readonly target: AttachTarget;
}

async function planEcs(
  ids: readonly string[],
  { flags, work, target, password }: Planning & { readonly password?: string },
): Promise<AttachPlan> {
  const { region = '', profile } = flags;
  const caller = await openCaller({ product: 'ecs', region, credentials: { profile } });
  const instances = await ecsInstancesOf(caller, region, ids, work.signal);
  const pending = attachableEcs(ids, instances, target);
  const order = { password, keepName: flags['keep-name'], formatDisk: flags['format-disk'] };
  const { pool } = target;
  return {
    ...planOf(ids, pending, { target, work, kind: 'ECS' }),
    lines: [
      ...pending.map((id) => `add ECS instance ${id} to the node pool ${pool.name}`),
      ...(pending.length > 0 ? ['The system disks of these instances are replaced: their data is lost.'] : []),
      ...(pending.length > 0 && order.formatDisk
        ? ['The last data disk of each instance is formatted, if it has no file system.']
        : []),
    ],
    run: (running) => attachEcs(pending, order, { ...running, pool }),
  };
}

async function planEns(
  ids: readonly string[],
  { flags, work, target, nodeSpec }: Planning & { readonly nodeSpec: Readonly<Record<string, unknown>> },
): Promise<AttachPlan> {
  const { region = '', profile } = flags;
  const caller = await openCaller({
    product: 'ens',
    region: flags['ens-region'] ?? region,
    credentials: { profile },
  });
  const service = ens(caller, work.signal);
  const pending = attachableEns(ids, await enumerated(service, ids), target);
  const { pool } = target;
  const script = () =>
    work.service.attachScript(work.clusterId, {
      nodePoolId: pool.id,
      arch: flags.arch,
      nodeSpec: JSON.stringify(nodeSpec),
      // Not a token that works for one node only: an instance that is restarted in the middle of the script runs it again.
      expires: Math.floor(Date.now() / 1000) + SCRIPT_LIFETIME_S,
    });
  const memory = keptScripts(work.clusterId);
  return {
    ...planOf(
      ids,
      pending.map(({ id }) => id),
      { target, work, kind: 'ENS' },
    ),
    lines: pending.map(({ id }) => `run the attach script of the node pool ${pool.name} on ENS instance ${id}`),
    run: (running) =>
      attachEns(pending, { ...running, pool, ens: service, script, memory, again: flags.again, now: Date.now }),
  };
}

async function enumerated(service: Ens, ids: readonly string[]): Promise<EnsInstance[]> {
  const found: EnsInstance[] = [];
  for (const id of ids) {
    const instance = await service.instance(id);
    if (instance) found.push(instance);
  }
  return found;
}

function planOf(
  ids: readonly string[],
  pending: readonly string[],
  { target, work, kind }: { readonly target: AttachTarget; readonly work: ChangeWork; readonly kind: string },
) {
  const { pool } = target;
  return {
    pending,
    question: `Add ${count(`${kind} instance`, pending.length)} to the node pool ${pool.name}?`,
    unchanged: `${ids.join(', ')}: already in the node pool ${pool.name}.\n`,
    data: { clusterId: work.clusterId, nodepool: pool.name, kind, instances: pending },
  };
}
