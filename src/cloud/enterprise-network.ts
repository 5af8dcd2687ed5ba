import { z } from 'zod';
import { type OpenCallerOptions, openCaller } from './caller.ts';
import { vpcOf } from './networks.ts';
import { allPages } from './pages.ts';

/** A network that is attached to a CEN instance. */
interface AttachedNetwork {
  readonly id: string;
  /** VPC, VBR, CCN. */
  readonly type: string;
  readonly region: string;
  readonly status: string;
}

/** CEN and CCN instances of an account. What the methods throw: see `CloudCaller`. */
export interface EnterpriseNetwork {
  hasCen(id: string): Promise<boolean>;
  hasCcn(region: string, id: string): Promise<boolean>;
  attached(cenId: string): Promise<readonly AttachedNetwork[]>;
  /** Ranges of a VPC; undefined if it belongs to another account. */
  vpcCidrs(region: string, id: string): Promise<readonly string[] | undefined>;
}

type Opened = Omit<OpenCallerOptions, 'product'> & { readonly signal?: AbortSignal };

const PAGE_SIZE = 50;

/** The CEN instances of an account, with its credentials. @throws EdgeadmError as `openCaller` does */
export async function openEnterpriseNetwork({ signal, ...options }: Opened): Promise<EnterpriseNetwork> {
  const cbn = await openCaller({ ...options, product: 'cbn' });
  const { endpoint } = cbn;
  return {
    hasCen: async (id) => {
      const action = 'DescribeCens';
      const found = await allPages({ endpoint, action, size: PAGE_SIZE }, async (number) => {
        const parameters = { PageSize: `${PAGE_SIZE}`, PageNumber: `${number}` };
        const { TotalCount, Cens } = await cbn.read({ action, parameters, signal }, cens);
        return { items: Cens.Cen ?? [], total: TotalCount ?? undefined };
      });
      return found.some(({ CenId }) => CenId === id);
    },
    hasCcn: async (region, id) => {
      const caller = await openCaller({ ...options, region, product: 'smartag' });
      const parameters = { RegionId: region, CcnId: id };
      const call = { action: 'DescribeCloudConnectNetworks', parameters, signal };
      const { CloudConnectNetworks } = await caller.read(call, ccns);
      return (CloudConnectNetworks.CloudConnectNetwork ?? []).some(({ CcnId }) => CcnId === id);
    },
    attached: async (cenId) => {
      const action = 'DescribeCenAttachedChildInstances';
      const found = await allPages({ endpoint, action, size: PAGE_SIZE }, async (number) => {
        const parameters = { CenId: cenId, PageSize: `${PAGE_SIZE}`, PageNumber: `${number}` };
        const { TotalCount, ChildInstances } = await cbn.read({ action, parameters, signal }, children);
        return { items: ChildInstances.ChildInstance ?? [], total: TotalCount ?? undefined };
      });
      return found.map(({ ChildInstanceId, ChildInstanceType, ChildInstanceRegionId, Status }) => ({
        id: ChildInstanceId,
        type: ChildInstanceType ?? '',
        region: ChildInstanceRegionId ?? '',
        status: Status ?? '',
      }));
    },
    vpcCidrs: async (region, id) => {
      const caller = await openCaller({ ...options, region, product: 'vpc' });
      return (await vpcOf(caller, { region, id, signal }))?.cidrs;
    },
  };
}

/** Fields: the vendor's API references, CEN 2017-09-12 and Smart Access Gateway 2018-03-13. */
const total = z.int().min(0).nullish();
const text = z.string().nullish();
const cens = z.looseObject({
  TotalCount: total,
  Cens: z.looseObject({ Cen: z.array(z.looseObject({ CenId: z.string().min(1) })).nullish() }),
});
const ccns = z.looseObject({
  CloudConnectNetworks: z.looseObject({
    CloudConnectNetwork: z.array(z.looseObject({ CcnId: z.string().min(1) })).nullish(),
  }),
});
const children = z.looseObject({
  TotalCount: total,
  ChildInstances: z.looseObject({
    ChildInstance: z
      .array(
        z.looseObject({
          ChildInstanceId: z.string().min(1),
          ChildInstanceType: text,
          ChildInstanceRegionId: text,
          Status: text,
        }),
      )
      .nullish(),
  }),
});
