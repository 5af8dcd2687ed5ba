import { z } from 'zod';
import { checkShape, yamlMap } from '../lib/check-shape.ts';
import { isCidr } from '../lib/cidr.ts';

/** The address ranges of a cluster; more than one each in a dual-stack cluster. */
export interface ClusterNetworks {
  readonly podCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
}

const SUBNETS = z
  .string()
  .nullish()
  .transform((text) => (text ? text.split(',').map((cidr) => withoutZeros(cidr.trim())) : []))
  .superRefine((cidrs, context) => {
    for (const cidr of cidrs)
      if (!isCidr(cidr)) context.addIssue({ code: 'custom', message: `"${cidr}" is not a CIDR such as 10.244.0.0/16` });
  });

/** Kubernetes reads `010.1.0.0` as 10.1.0.0, the rest of the world as octal. Source: k8s.io/utils/net, ParseCIDRSloppy. */
function withoutZeros(cidr: string): string {
  return cidr.includes(':') ? cidr : cidr.replaceAll(/(^|\.)0+(?=\d)/g, '$1');
}

const CONFIGURATION = z.object({ networking: z.object({ podSubnet: SUBNETS, serviceSubnet: SUBNETS }).nullish() });

const ORIGIN = {
  what: 'key ClusterConfiguration of the ConfigMap kube-system/kubeadm-config',
  code: 'API_ERROR',
  next: [
    'correct it: `kubectl --namespace kube-system edit configmap kubeadm-config`,',
    'or pass podCidrs and serviceCidrs in the file of `--config`, which replace it',
  ].join(' '),
} as const;

/**
 * Reads the key ClusterConfiguration of the ConfigMap kubeadm-config.
 * @returns undefined if it says nothing of networks
 * @throws EdgeadmError API_ERROR that names the ConfigMap, the key and the line
 */
export function clusterNetworksIn(clusterConfiguration: string | undefined): ClusterNetworks | undefined {
  if (clusterConfiguration === undefined) return undefined;
  const { networking } = checkShape(CONFIGURATION, yamlMap(clusterConfiguration, ORIGIN), ORIGIN);
  return networking ? { podCidrs: networking.podSubnet, serviceCidrs: networking.serviceSubnet } : undefined;
}
