import type { Repeated } from './action.ts';

/**
 * Every action of ENS that edgeadm calls, with what a second, identical call does. All are RPC calls, whose parameters and
 * answers are with the client. Source: the vendor's API reference, version 2017-11-10.
 */
export const ENS = {
  DescribeInstances: 'none',
  DescribeNetworkInterfaces: 'none',
  DescribeVSwitches: 'none',
  DescribeNetworkAttribute: 'none',
  DescribeSecurityGroupAttribute: 'none',
  CreateNetworkInterface: 'another',
  AttachNetworkInterface: 'same',
  DetachNetworkInterface: 'same',
  DeleteNetworkInterfaces: 'same',
  StopInstance: 'same',
  StartInstance: 'same',
  AttachEnsInstances: 'another',
  AuthorizeSecurityGroup: 'same',
  AuthorizeSecurityGroupEgress: 'same',
} as const satisfies Readonly<Record<string, Repeated>>;

export type EnsActionName = keyof typeof ENS;
