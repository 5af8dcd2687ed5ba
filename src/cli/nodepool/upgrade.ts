import type { CloudNodePool } from '../../cloud/actions/node-pools.ts';
import type { CloudTaskInfo } from '../../cloud/actions/tasks.ts';
import { isAmbiguous } from '../../cloud/errors.ts';
import { refuseErrors } from '../../cluster-upgrade/intent.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { compareVersions } from '../../kubernetes/version.ts';
import { count } from '../../lib/count.ts';
import { newestUpgrade, openPoolTask } from '../../phases/nodepool/change.ts';
import { refuseOtherNodes } from '../../phases/nodepool/named-nodes.ts';
import { checkedByService } from '../cluster/checked.ts';
import type { ChangeWork } from '../service-change.ts';
import type { PoolOrder } from './change-in-service.ts';
import { keptUpgrade, type UpgradeOrderMemory } from './kept-upgrade.ts';

const PAUSES = { 'first-batch': 'FirstBatch', 'every-batch': 'EveryBatch', never: 'NotPause' } as const;

interface PoolUpgradeFlags {
  readonly 'target-version'?: string;
  readonly 'runtime-version'?: string;
  readonly node?: readonly string[];
  readonly 'max-parallel'?: number;
  readonly 'max-failed'?: number;
  readonly 'batch-interval'?: number;
  readonly 'pause-policy'?: keyof typeof PAUSES;
  readonly 'replace-disk': boolean;
  readonly 'ignore-warnings': boolean;
  readonly report?: string;
  readonly 'ignore-preflight-errors'?: readonly string[];
  readonly 'dry-run'?: boolean;
}

/**
 * The upgrade of a pool: a new one, which the service checks first, or the rest of one that is paused.
 * @throws EdgeadmError UPGRADE_VERSION, CLOUD_*
 */
export async function poolUpgrade(
  pool: CloudNodePool,
  work: Pick<ChangeWork, 'service' | 'clusterId'>,
  flags: PoolUpgradeFlags,
  memory: UpgradeOrderMemory = keptUpgrade(work.clusterId, pool.nodepoolInfo.nodepoolId),
): Promise<PoolOrder> {
  const { service, clusterId } = work;
  const { nodepoolId: id, name } = pool.nodepoolInfo;
  const isIdle = !pool.status?.state || pool.status.state === 'active';
  const begun = isIdle ? undefined : await openPoolTask(service, clusterId, id);
  if (begun?.state === 'paused') return continuation(name, begun.taskId, work);
  const cluster = await service.cluster(clusterId);
  const control = cluster.currentVersion || cluster.initVersion || '';
  const target = flags['target-version'] ?? control;
  refuseNewer(target, control);
  const { node: nodes = [] } = flags;
  await refuseOtherNodes(nodes, pool, work);
  const body = upgradeBody(target, flags);
  const newest = isIdle ? await newestUpgrade(service, clusterId, id) : undefined;
  const unseen = isIdle ? await unseenEnd(name, body, newest, memory) : undefined;
  if (unseen && !flags['dry-run']) await memory.forget();
  if (unseen) return unseen;
  const whose = nodes.length > 0 ? `${count('node', nodes.length)} of the node pool ${name}` : `the node pool ${name}`;
  return {
    lines: [
      `upgrade ${whose} to Kubernetes ${target}`,
      ...(flags['runtime-version'] ? [`upgrade the container runtime to ${flags['runtime-version']}`] : []),
      ...(flags['replace-disk'] ? ['The system disks are replaced: their data is lost.'] : []),
    ],
    what: `node pool ${name} to be upgraded`,
    question: `Upgrade ${whose}?`,
    done: `nodepool/${name} upgraded`,
    data: { targetVersion: target, nodes },
    // One that is in progress is waited for: the service has checked it.
    ...(isIdle && {
      check: async (output, signal) => {
        const type = 'NodePoolUpgrade';
        const asked = { clusterId, type, target: id, targetVersion: target, flags, output, signal } as const;
        const report = await checkedByService(service, asked);
        if (report) refuseErrors(report, flags['ignore-preflight-errors']);
        return report;
      },
    }),
    send: async () => {
      await memory.keep({ request: JSON.stringify(body), before: newest?.taskId ?? '' });
      return service.upgradeNodePool(clusterId, id, body).catch(async (error: unknown) => {
        // What was refused is not what made a later task.
        if (!isAmbiguous(error)) await memory.forget();
        throw error;
      });
    },
    ended: memory.forget,
  };
}

/**
 * Nothing to do, if this upgrade was ordered by an earlier run and has succeeded since. There are no client tokens: the
 * task that is newer than those before the order is its own.
 */
async function unseenEnd(
  name: string,
  body: object,
  newest: CloudTaskInfo | undefined,
  memory: UpgradeOrderMemory,
): Promise<PoolOrder | undefined> {
  const ordered = await memory.recall();
  const isSame = ordered?.request === JSON.stringify(body);
  if (!isSame || !newest || newest.taskId === ordered.before || newest.state !== 'success') return undefined;
  return {
    lines: [],
    what: '',
    question: '',
    done: '',
    unchanged: `nodepool/${name} was upgraded by the order of an earlier run: task ${newest.taskId}`,
    data: { finished: newest.taskId },
    send: async () => undefined,
  };
}

function upgradeBody(target: string, flags: PoolUpgradeFlags) {
  const { node: nodes = [], 'pause-policy': pause } = flags;
  const policy = {
    max_parallelism: flags['max-parallel'],
    max_failed_nodes: flags['max-failed'],
    batch_interval: flags['batch-interval'],
    pause_policy: pause && PAUSES[pause],
  };
  return {
    kubernetes_version: target,
    runtime_version: flags['runtime-version'],
    ...(nodes.length > 0 && { node_names: nodes }),
    use_replace: flags['replace-disk'],
    ignore_warning_check: flags['ignore-warnings'],
    ...(Object.values(policy).some((value) => value !== undefined) && { rolling_policy: policy }),
  };
}

function continuation(name: string, taskId: string, { service }: Pick<ChangeWork, 'service'>): PoolOrder {
  return {
    lines: [`continue the upgrade of the node pool ${name}, which is paused: task ${taskId}`],
    what: `node pool ${name} to be upgraded`,
    question: `Continue the upgrade of the node pool ${name}?`,
    done: `nodepool/${name} upgraded`,
    data: { continues: taskId },
    continues: taskId,
    send: async () => {
      await service.resumeTask(taskId);
      return taskId;
    },
  };
}

/** A kubelet must not be newer than its API server. */
function refuseNewer(target: string, control: string): void {
  if (compareVersions(target, control) <= 0) return;
  throw new EdgeadmError({
    code: 'UPGRADE_VERSION',
    what: `nodes cannot be upgraded to ${target}`,
    why: `the control plane is at ${control}, and nodes must not be newer`,
    next: 'upgrade the control plane first: edgeadm cluster upgrade start --control-plane-only',
  });
}
