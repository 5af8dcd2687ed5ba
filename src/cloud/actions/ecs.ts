import type { Repeated } from './action.ts';

/** Every action of ECS that edgeadm calls. Source: the vendor's API reference, version 2014-05-26. */
export const ECS = {
  DescribeInstances: 'none',
  DescribeSecurityGroups: 'none',
} as const satisfies Readonly<Record<string, Repeated>>;
