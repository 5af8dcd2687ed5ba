import { BaseCommand } from '../../../cli/base-command.ts';
import { changeEncryption } from '../../../cli/cluster/encryption.ts';
import { clusterArg, namedCluster } from '../../../cli/cluster/flags.ts';
import { ramActions, serviceChangeFlags } from '../../../cli/service-change.ts';

export default class ClusterEncryptionDisable extends BaseCommand {
  static override summary = 'Stop encrypting the Secrets of a cluster with KMS.';
  static override description =
    `The command is idempotent. ${ramActions('UpdateKMSEncryption', 'DescribeClusterDetail', 'DescribeClustersForRegion')} A RAM user also needs AliyunKMSCryptoAdminAccess.`;
  static override examples = ['<%= config.bin %> cluster encryption disable shops --region cn-hangzhou'];
  static override args = clusterArg;
  static override flags = serviceChangeFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterEncryptionDisable);
    await this.finish(await changeEncryption(namedCluster(flags, args), undefined, this.host));
  }
}
