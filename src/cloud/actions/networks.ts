import type { Repeated } from './action.ts';

type Rows = Readonly<Record<string, Repeated>>;

/** Every action of VPC that edgeadm calls. Source: the vendor's API reference, version 2016-04-28. */
export const VPC = {
  DescribeVpcs: 'none',
  DescribeVSwitches: 'none',
  DescribeEipAddresses: 'none',
} as const satisfies Rows;

/** Every action of Server Load Balancer that edgeadm calls. Source: the vendor's API reference, version 2014-05-15. */
export const SLB = { DescribeLoadBalancers: 'none' } as const satisfies Rows;

/** Every action of Quota Center that edgeadm calls. Source: the vendor's API reference, version 2020-05-10. */
export const QUOTAS = { GetProductQuota: 'none' } as const satisfies Rows;

/**
 * Every action of Cloud Enterprise Network that edgeadm calls; RAM knows the product as `cen`. Source: the vendor's API
 * reference, version 2017-09-12.
 */
export const CEN = { DescribeCens: 'none', DescribeCenAttachedChildInstances: 'none' } as const satisfies Rows;

/** Every action of Smart Access Gateway that edgeadm calls. Source: the vendor's API reference, version 2018-03-13. */
export const SMARTAG = { DescribeCloudConnectNetworks: 'none' } as const satisfies Rows;
