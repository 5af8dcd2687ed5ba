import { BaseCommand } from '../../../cli/base-command.ts';
import { clusterArg } from '../../../cli/cluster/flags.ts';
import { lookAtCluster } from '../../../cli/cluster/look.ts';
import { listFlag } from '../../../cli/flags.ts';
import { ramActions, serviceFlags } from '../../../cli/service-change.ts';
import { encryptionKeyOf } from '../../../phases/cluster/encryption.ts';

export default class ClusterEncryptionShow extends BaseCommand {
  static override summary = 'Show whether the Secrets of a cluster are encrypted with KMS.';
  static override description = ramActions('DescribeClusterDetail', 'DescribeClustersForRegion');
  static override examples = ['<%= config.bin %> cluster encryption show shops --region cn-hangzhou'];
  static override args = clusterArg;
  static override flags = { ...serviceFlags, ...listFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterEncryptionShow);
    this.openOutput({ looksOnly: true });
    const cluster = await lookAtCluster(flags, args, async (_, found) => found);
    const { clusterId, name, state } = cluster;
    const key = encryptionKeyOf(cluster);
    const text = key
      ? `The Secrets of cluster ${name} are encrypted with the key ${key} of KMS (cluster ${state}).\nActionTrail shows the events Encrypt and Decrypt of aliyuncsmanagedsecurityrole.\n`
      : `The Secrets of cluster ${name} are not encrypted with KMS (cluster ${state}).\n`;
    const data = { clusterId, name, state, enabled: key !== undefined, kmsKey: key };
    await this.show({ data, text, names: [`cluster/${name}`] });
  }
}
