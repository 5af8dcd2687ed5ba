import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { PoolNode } from '../../src/config/node-pool.ts';
import { valid } from './cs-pools.ts';
import { type CsRequest, clusterOf, requestedPool } from './cs-request.ts';
import { consumeFault } from './faults.ts';
import { KIND } from './records.ts';
import { CloudFailure, lasting } from './service.ts';

/** How long a check takes here; the real service takes about a minute. */
export const CHECK_MS = 400;

/** By which name a fault makes an item of the next check an error. */
export const CHECK_FAULT = 'RunClusterCheck/item';

/** A check of a cluster, kept under its id. Times are milliseconds since 1970. */
interface CheckRecord {
  readonly id: string;
  readonly clusterId: string;
  readonly type: string;
  readonly target?: string;
  readonly created: number;
  readonly fails: boolean;
}

const order = z.object({
  type: z.enum(['ClusterUpgrade', 'MasterUpgrade', 'NodePoolUpgrade', 'ClusterMigrate']),
  target: z.string().optional(),
  options: z.record(z.string(), z.string()).default({}),
});

export async function runCheck(asked: CsRequest): Promise<object> {
  const { store, now } = asked.parts;
  const { id: clusterId } = clusterOf(asked);
  const { type, target } = valid(order, asked.request.body);
  if (type === 'NodePoolUpgrade') requestedPool(asked, target ?? '');
  const id = `${now()}-${clusterId}-clustercheck-${randomBytes(3).toString('hex')}`;
  const fails = consumeFault(store, CHECK_FAULT) !== undefined;
  store.put(KIND.check, id, { id, clusterId, type, target, created: now(), fails });
  return { check_id: id, request_id: randomUUID().toUpperCase() };
}

export async function clusterCheck(asked: CsRequest): Promise<object> {
  const { id: clusterId } = clusterOf(asked);
  const record = asked.parts.store.get<CheckRecord>(KIND.check, asked.names[1] ?? '');
  // The real code is not documented.
  if (record?.clusterId !== clusterId) throw new CloudFailure(404, 'ErrorCheckNotFound', 'check not found');
  const nodes = await asked.inside.nodes();
  // One look at the clock: a check that has succeeded has its items.
  const done = isDone(asked, record);
  return { ...listed(asked, record), ...(done && { check_items: itemsOf(record, nodes) }) };
}

export async function clusterChecks(asked: CsRequest): Promise<object> {
  const { id: clusterId } = clusterOf(asked);
  const { type, target } = asked.request.parameters;
  const records = asked.parts.store.list<CheckRecord>(KIND.check).map(({ document }) => document);
  const found = records.filter(
    (each) => each.clusterId === clusterId && (!type || each.type === type) && (!target || each.target === target),
  );
  return { checks: found.sort((a, b) => b.created - a.created).map((record) => listed(asked, record)) };
}

function isDone({ parts }: CsRequest, { created }: CheckRecord): boolean {
  return created + lasting(parts, CHECK_MS) <= parts.now();
}

function listed(asked: CsRequest, record: CheckRecord): object {
  const { id, type, created } = record;
  const done = isDone(asked, record);
  return {
    check_id: id,
    type,
    status: done ? 'Succeeded' : 'Running',
    message: done ? 'task succeed' : 'task running',
    created_at: new Date(created).toISOString(),
    ...(done && { finished_at: new Date(created + lasting(asked.parts, CHECK_MS)).toISOString() }),
  };
}

/** The keys of items are not documented: those of the check items of a diagnosis, and what the report in the guide shows. */
function itemsOf({ fails }: CheckRecord, nodes: readonly PoolNode[]): object {
  const normal = (name: string, message: string) => ({ name, level: 'normal', message });
  const offline = nodes.filter(({ ready }) => !ready).map(({ name }) => name);
  return {
    cluster_resource: [normal('APIServerLoadBalancer', 'the load balancer of the API server exists')],
    cluster_component: [
      fails
        ? {
            name: 'KubeProxyWorker',
            level: 'error',
            message: 'Daemon Set is not exist',
            affect: 'May cause cluster function abnormality',
            advise: 'Check if the Daemon Set is exist or submit ticket for help',
          }
        : normal('KubeProxyWorker', 'the DaemonSet exists'),
      normal('APIService', 'all are available'),
    ],
    cluster_config: [normal('ClusterState', 'the cluster is running')],
    node: [
      offline.length > 0
        ? {
            name: 'NodeStatus',
            level: 'warning',
            value: offline.join(', '),
            message: 'nodes are not ready',
            affect: 'They are not upgraded',
            advise: 'Bring the nodes back, or remove them',
          }
        : normal('NodeStatus', 'all nodes are ready'),
    ],
  };
}
