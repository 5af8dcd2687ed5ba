import { type CloudClusterSpec, cloudClusterKeys } from '../../../../src/config/cloud-cluster.ts';

/** A cluster that can be created in the emulated service. */
export function clusterSpec(values: Readonly<Record<string, unknown>> = {}): CloudClusterSpec {
  return cloudClusterKeys.parse({
    name: 'shops',
    region: 'cn-hangzhou',
    vpc: 'vpc-1',
    vswitches: ['vsw-1'],
    podCidr: '10.20.0.0/16',
    workers: { instanceTypes: ['ecs.g6.large'], keyPair: 'ops' },
    ...values,
  });
}
