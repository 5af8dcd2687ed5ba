import { z } from 'zod';
import { checkShape, yamlMap } from '../lib/check-shape.ts';
import { isCidr } from '../lib/cidr.ts';

/** The address ranges of a cluster; more than one each in a dual-stack cluster. */
export interface ClusterNetworks {
  readonly podCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
  /** Length of the mask of the IPv4 range that each node gets; undefined if nothing is set. */
  readonly nodeMask?: number;
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

/** A map until kubeadm's v1beta3, a list from v1beta4 on. */
const EXTRA_ARGS = z.union([
  z.record(z.string(), z.unknown()),
  z.array(z.object({ name: z.string(), value: z.unknown() })),
]);

const CONFIGURATION = z.object({
  networking: z.object({ podSubnet: SUBNETS, serviceSubnet: SUBNETS }).nullish(),
  controllerManager: z
    .object({ extraArgs: EXTRA_ARGS.nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
});

/** The flag for IPv4 in a dual-stack cluster comes first. */
const MASK_FLAGS = ['node-cidr-mask-size-ipv4', 'node-cidr-mask-size'];

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
  const { networking, controllerManager } = checkShape(CONFIGURATION, yamlMap(clusterConfiguration, ORIGIN), ORIGIN);
  if (!networking) return undefined;
  const nodeMask = maskIn(controllerManager?.extraArgs ?? {});
  const { podSubnet: podCidrs, serviceSubnet: serviceCidrs } = networking;
  return { podCidrs, serviceCidrs, ...(nodeMask !== undefined && { nodeMask }) };
}

function maskIn(extraArgs: z.output<typeof EXTRA_ARGS>): number | undefined {
  const flags = new Map(
    Array.isArray(extraArgs) ? extraArgs.map(({ name, value }) => [name, value]) : Object.entries(extraArgs),
  );
  const mask = Number(MASK_FLAGS.map((flag) => flags.get(flag)).find((value) => value !== undefined));
  return Number.isInteger(mask) && mask > 0 && mask < 32 ? mask : undefined;
}
