import { Flags } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { changeEncryption } from '../../../cli/cluster/encryption.ts';
import { clusterArg, namedCluster } from '../../../cli/cluster/flags.ts';
import { ramActions, serviceChangeFlags } from '../../../cli/service-change.ts';
import { cloudClusterKeys } from '../../../config/cloud-cluster.ts';
import { usageError } from '../../../errors/usage.ts';

export default class ClusterEncryptionEnable extends BaseCommand {
  static override summary = 'Encrypt the Secrets of a Pro cluster with a KMS key.';
  static override description =
    `The command is idempotent. The key must be of the type Aliyun_AES_256, and must never be disabled or deleted afterwards. ${ramActions('UpdateKMSEncryption', 'DescribeClusterDetail', 'DescribeClustersForRegion', 'kms:DescribeKey')} A RAM user also needs AliyunKMSCryptoAdminAccess.`;
  static override examples = [
    '<%= config.bin %> cluster encryption enable shops --region cn-hangzhou --kms-key 619583bb-6266-478e-8b87-0123456789ab',
  ];
  static override args = clusterArg;
  static override flags = {
    ...serviceChangeFlags,
    'kms-key': Flags.string({ required: true, helpValue: 'ID', description: 'KMS customer master key' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterEncryptionEnable);
    const { error } = cloudClusterKeys.shape.kmsKey.safeParse(flags['kms-key']);
    if (error) throw usageError([`--kms-key: ${error.issues[0]?.message}`]);
    await this.finish(await changeEncryption(namedCluster(flags, args), flags['kms-key'], this.host));
  }
}
