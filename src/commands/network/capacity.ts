import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../cli/cluster-access.ts';
import { repeatable } from '../../cli/flags.ts';
import { capacityText } from '../../cli/network/text.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { usageError } from '../../errors/usage.ts';
import { count } from '../../lib/count.ts';
import { networkCapacity, refusePlan } from '../../phases/network/capacity.ts';
import { type ClusterRanges, clusterRanges } from '../../phases/network/cluster-ranges.ts';

/** kube-controller-manager's --node-cidr-mask-size. */
const DEFAULT_MASK = 24;

export default class NetworkCapacity extends BaseCommand {
  static override summary = 'Show how many nodes and pods fit into the ranges of a cluster, and which ranges overlap.';
  static override description =
    'Reads the ranges of the cluster; with --pod-cidr and --node-mask it computes the numbers for a planned cluster. Nodes of clusters with Terway Edge have no ranges: use `edgeadm eni capacity`. Documents on edge networks: How Flannel allocates pod IPs. User guide: chapter 4.1, Create a managed edge Kubernetes cluster.';
  static override examples = [
    '<%= config.bin %> network capacity --vpc-cidr 192.168.0.0/16',
    '<%= config.bin %> network capacity --pod-cidr 172.20.0.0/16 --node-mask 26',
  ];
  static override flags = {
    ...kubeconfigFlag,
    'pod-cidr': Flags.string({ helpValue: 'CIDR', description: 'pod range of a planned cluster' }),
    'node-mask': Flags.integer({
      helpValue: 'LENGTH',
      min: 1,
      max: 128,
      description: "prefix length of the range of one node; default: the cluster's, or 24 with --pod-cidr",
    }),
    'vpc-cidr': Flags.string({
      ...repeatable,
      helpValue: 'CIDR',
      description: 'range of the VPC, or of a network that pods have to reach (repeatable)',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(NetworkCapacity);
    this.openOutput({ looksOnly: true });
    const { 'pod-cidr': given, 'node-mask': mask, 'vpc-cidr': vpcCidrs = [] } = flags;
    const found: ClusterRanges =
      given === undefined
        ? await withCluster(flags.kubeconfig, clusterRanges)
        : { podCidr: given, nodeMask: DEFAULT_MASK, serviceCidrs: [], nodes: [] };
    const { podCidr, serviceCidrs, nodes } = found;
    if (podCidr === undefined)
      throw new EdgeadmError({
        code: 'OBJECT_NOT_FOUND',
        what: 'the pod range of the cluster is unknown',
        why: 'not found: ConfigMap kube-system/kubeadm-config with networking.podSubnet, ConfigMap kube-flannel-cfg',
        next: 'Add --pod-cidr CIDR --node-mask LENGTH: `edgeadm cluster show` has them for clusters of the container service.',
      });
    const nodeMask = mask ?? found.nodeMask ?? DEFAULT_MASK;
    const mistakes = refusePlan({ podCidr, nodeMask, vpcCidrs });
    if (mistakes.length > 0) throw usageError(mistakes);
    const capacity = networkCapacity({ podCidr, nodeMask, serviceCidrs, vpcCidrs, nodes });
    const error =
      capacity.overlaps.length > 0
        ? new EdgeadmError({
            code: 'CLUSTER_CHECK_FAILED',
            what: `${count('conflict', capacity.overlaps.length)} of address ranges`,
            next: 'Choose other ranges: those of pods and Services cannot be changed in an existing cluster.',
          })
        : undefined;
    await this.show({ data: capacity, text: capacityText(capacity) }, error);
  }
}
