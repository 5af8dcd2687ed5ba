import { lenientYaml } from '../lib/lenient-yaml.ts';

/** The address ranges of a cluster; more than one each in a dual-stack cluster. */
export interface ClusterNetworks {
  readonly podCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
}

interface ClusterConfiguration {
  readonly networking?: { readonly podSubnet?: unknown; readonly serviceSubnet?: unknown };
}

/** Reads the key ClusterConfiguration of the ConfigMap kubeadm-config. @returns undefined if it says nothing of networks */
export function clusterNetworksIn(clusterConfiguration: string | undefined): ClusterNetworks | undefined {
  const { networking } = lenientYaml<ClusterConfiguration>(clusterConfiguration);
  if (!networking) return undefined;
  return { podCidrs: cidrsIn(networking.podSubnet), serviceCidrs: cidrsIn(networking.serviceSubnet) };
}

function cidrsIn(subnets: unknown): string[] {
  return typeof subnets === 'string' && subnets !== '' ? subnets.split(',').map((cidr) => cidr.trim()) : [];
}
