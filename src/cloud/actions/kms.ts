import type { Repeated } from './action.ts';

/** Every action of Key Management Service that edgeadm calls. Source: the vendor's API reference, version 2016-01-20. */
export const KMS = { DescribeKey: 'none' } as const satisfies Readonly<Record<string, Repeated>>;
