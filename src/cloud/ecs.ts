import { z } from 'zod';
import type { CloudCaller } from './caller.ts';
import { allPages } from './pages.ts';

/** An ECS instance, as far as it can become a node. */
export interface EcsInstance {
  readonly id: string;
  readonly status: string;
  readonly vpcId: string;
  readonly osName: string;
}

const PAGE_SIZE = 100;

/** How many IDs one request may name. Source: the vendor's API reference. */
const MOST_IDS = 100;

/** @throws what {@link CloudCaller} throws; those that do not exist are left out */
export async function ecsInstancesOf(
  caller: CloudCaller,
  region: string,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<EcsInstance[]> {
  const found: EcsInstance[] = [];
  for (let first = 0; first < ids.length; first += MOST_IDS)
    found.push(...(await namedInstances(caller, region, ids.slice(first, first + MOST_IDS), signal)));
  return found;
}

async function namedInstances(
  caller: CloudCaller,
  region: string,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<EcsInstance[]> {
  const action = 'DescribeInstances';
  const filter = { RegionId: region, InstanceIds: JSON.stringify(ids), PageSize: `${PAGE_SIZE}` };
  const found = await allPages({ endpoint: caller.endpoint, action, size: PAGE_SIZE }, async (number) => {
    const parameters = { ...filter, PageNumber: `${number}` };
    const { TotalCount, Instances } = await caller.read({ action, parameters, signal }, answer);
    return { items: Instances.Instance ?? [], total: TotalCount ?? undefined };
  });
  return found.map(({ InstanceId, Status, OSName, VpcAttributes }) => ({
    id: InstanceId,
    status: Status ?? '',
    vpcId: VpcAttributes?.VpcId ?? '',
    osName: OSName ?? '',
  }));
}

const text = z.string().nullish();

/** Fields: the vendor's API reference, DescribeInstances of 2014-05-26. */
const answer = z.looseObject({
  TotalCount: z.int().min(0).nullish(),
  Instances: z.looseObject({
    Instance: z
      .array(
        z.looseObject({
          InstanceId: z.string().min(1),
          Status: text,
          OSName: text,
          VpcAttributes: z.looseObject({ VpcId: text }).nullish(),
        }),
      )
      .nullish(),
  }),
});
