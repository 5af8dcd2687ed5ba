import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { clusterArg } from '../../cli/cluster/flags.ts';
import { lookAtCluster } from '../../cli/cluster/look.ts';
import { durationOf } from '../../cli/flags.ts';
import { ramActions, serviceFlags } from '../../cli/service-change.ts';
import { usageError } from '../../errors/usage.ts';
import { writePrivate } from '../../host/write-private.ts';

const MINUTE_MS = 60_000;
/** Minutes. Source: the SDK, DescribeClusterUserKubeconfig. */
const LIFETIME = { least: 15, most: 4320 };

export default class ClusterKubeconfig extends BaseCommand {
  static override summary = 'Write a kubeconfig of a cluster to a file that only you can read.';
  static override description =
    `The kubeconfig expires by itself. ${ramActions('DescribeClusterUserKubeconfig', 'DescribeClusterDetail', 'DescribeClustersForRegion')}`;
  static override examples = [
    '<%= config.bin %> cluster kubeconfig shops --region cn-hangzhou --file shops.conf --ttl 8h',
  ];
  static override args = clusterArg;
  static override flags = {
    ...serviceFlags,
    file: Flags.string({ helpValue: 'FILE', required: true, description: 'where to write it' }),
    ttl: Flags.string({ helpValue: 'DURATION', default: '1h', description: 'lifetime, 15m to 72h' }),
    internal: Flags.boolean({ description: 'use the address of the API server inside the VPC' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterKubeconfig);
    this.openOutput({ looksOnly: true });
    const minutes = minutesOf(flags.ttl);
    const { text, cluster } = await lookAtCluster(flags, args, async (service, found) => {
      const options = { minutes, privateAddress: flags.internal };
      return { cluster: found, text: await service.kubeconfig(found.clusterId, options) };
    });
    await writePrivate(flags.file, text);
    await this.finish({
      ok: true,
      hosts: [],
      data: { clusterId: cluster.clusterId, file: flags.file, minutes },
      text: `Wrote the kubeconfig of cluster ${cluster.name} to ${flags.file}; it expires in ${flags.ttl}.\n`,
    });
  }
}

/** @throws EdgeadmError USAGE */
function minutesOf(ttl: string): number {
  const minutes = Math.ceil((durationOf(ttl, '--ttl') ?? 0) / MINUTE_MS);
  if (minutes >= LIFETIME.least && minutes <= LIFETIME.most) return minutes;
  throw usageError([`--ttl: must be between 15m and 72h, not ${ttl}`]);
}
