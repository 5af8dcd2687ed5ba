import type { CloudNodePool } from '../../cloud/actions/node-pools.ts';
import { poolNamed } from '../../config/node-pool.ts';
import type { Output } from '../../output/index.ts';
import { orderForPool } from '../../phases/nodepool/change.ts';
import type { CommandHost } from '../node-runner.ts';
import { type ChangeWork, changeInService, type ServiceChangeFlags, type ServicePlan } from '../service-change.ts';

/** One order for one pool. */
export interface PoolOrder {
  /** For people; none: there is nothing to do. */
  readonly lines: readonly string[];
  /** `node pool shops to be upgraded` */
  readonly what: string;
  /** `Upgrade the node pool shops?` */
  readonly question: string;
  /** `nodepool/shops upgraded` */
  readonly done: string;
  readonly data: object;
  readonly send: () => Promise<string | undefined>;
  /** It sets values, whatever another command is doing to the pool. */
  readonly isSetting?: boolean;
  /** A paused task that `send` continues. */
  readonly continues?: string;
  /** For people, if there is nothing to do; default: that it is unchanged. */
  readonly unchanged?: string;
  /** Called when the end of the order was seen. */
  readonly ended?: () => Promise<void>;
  /** Before the confirmation; what it throws ends the command. */
  readonly check?: (output: Output, signal: AbortSignal) => Promise<object | undefined>;
}

/** A command that changes a node pool by one request to the container service. */
export async function changePoolInService(
  flags: ServiceChangeFlags,
  name: string,
  host: CommandHost,
  orderOf: (pool: CloudNodePool, work: ChangeWork) => Promise<PoolOrder>,
) {
  const output = host.openOutput({ looksOnly: true });
  return changeInService<ServicePlan & { readonly order: PoolOrder; readonly pool: { id: string; name: string } }>({
    flags,
    output,
    argv: host.argv,
    plan: async (work) => {
      const pools = await work.service.nodePools(work.clusterId);
      const known = pools.map((pool) => ({
        id: pool.nodepoolInfo.nodepoolId,
        name: pool.nodepoolInfo.name,
        isDefault: pool.nodepoolInfo.isDefault ?? false,
        pool,
      }));
      const { id, name: poolName, pool } = poolNamed(known, name, `cluster ${work.clusterId}`);
      const order = await orderOf(pool, work);
      const report = await order.check?.(output, work.signal);
      return {
        order,
        pool: { id, name: poolName },
        lines: order.lines,
        question: order.question,
        unchanged: `${order.unchanged ?? `nodepool/${poolName} unchanged`}\n`,
        data: { clusterId: work.clusterId, nodepool: poolName, ...order.data, ...(report && { report }) },
      };
    },
    run: async ({ order, pool }, work) => {
      await orderForPool(order, { ...work, pool });
      if (work.wait) await order.ended?.();
      return { text: `${order.done}${work.wait ? '' : ' (in progress)'}\n` };
    },
  });
}
