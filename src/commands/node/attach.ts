import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { flagText } from '../../cli/flags.ts';
import { attachByService } from '../../cli/node/attach.ts';
import { ramActions, requireClusterId, serviceChangeFlags } from '../../cli/service-change.ts';
import { INSTANCE_ID, REGION } from '../../config/grammar.ts';
import { refuseLoginPassword } from '../../config/login-password.ts';
import { usageError } from '../../errors/usage.ts';
import { registerSecret } from '../../lib/redact.ts';

export default class NodeAttach extends BaseCommand {
  static override summary = 'Add instances of ECS or ENS to a node pool of the container service.';
  static override description =
    `A pool of cloud nodes takes ECS instances, an edge pool ENS instances. The command is idempotent. ${ramActions('DescribeClusterDetail', 'DescribeClusterNodePools', 'DescribeClusterNodes', 'DescribeUserQuota', 'DescribeTaskInfo', 'AttachInstancesToNodePool', 'DescribeClusterAttachScripts', 'ecs:DescribeInstances', 'ens:DescribeInstances', 'ens:AttachEnsInstances')}`;
  static override examples = [
    '<%= config.bin %> node attach i-bp1 --nodepool cloud-nodes --password-file root.txt --cluster-id c1 --region cn-hangzhou',
    '<%= config.bin %> node attach i-5q9xk i-5q9xl --nodepool shops --cluster-id c1 --region cn-hangzhou',
  ];
  static override strict = false;
  static override args = { instance: Args.string({ required: true, description: 'IDs of the instances' }) };
  static override flags = {
    ...serviceChangeFlags,
    nodepool: Flags.string({ required: true, helpValue: 'NAME', description: 'name or ID of the node pool' }),
    'password-file': Flags.string({
      helpValue: 'FILE',
      description: 'ECS: file with the root password for the new system disk; - is standard input',
      helpGroup: 'ECS',
    }),
    'keep-name': Flags.boolean({
      default: true,
      allowNo: true,
      description: 'ECS: keep the names of the instances',
      helpGroup: 'ECS',
    }),
    'format-disk': Flags.boolean({
      default: false,
      description: 'ECS: format the last data disk and keep container data on it',
      helpGroup: 'ECS',
    }),
    'ens-region': Flags.string({
      helpValue: 'REGION',
      description: 'ENS: region of its API, see docs/cloud-endpoints.md; default: that of the cluster',
      helpGroup: 'ENS',
    }),
    arch: Flags.option({
      options: ['amd64', 'arm64'] as const,
      default: 'amd64' as const,
      description: 'ENS: architecture of the instances',
      helpGroup: 'ENS',
    })(),
    'node-spec': Flags.string({
      default: '{}',
      helpValue: 'JSON',
      description: "ENS: keys that override the console's",
      helpGroup: 'ENS',
    }),
    again: Flags.boolean({
      default: false,
      description: 'ENS: also send the script to instances that received it in the last 15 minutes',
      helpGroup: 'ENS',
    }),
    'ignore-os': Flags.boolean({ default: false, description: 'do not check the operating system' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(NodeAttach);
    const { 'ens-region': ensRegion } = flags;
    const isRegion = ensRegion === undefined || REGION.pattern.test(ensRegion);
    const ids = [...new Set(argv as string[])];
    requireClusterId(flags, [
      ...(isRegion ? [] : [`--ens-region: ${REGION.rule}`]),
      ...ids.filter((id) => !INSTANCE_ID.pattern.test(id)).map((id) => `"${id}": ${INSTANCE_ID.rule}`),
    ]);
    const password = await passwordOf(flags['password-file']);
    await this.finish(await attachByService(flags, ids, { host: this.host, password }));
  }
}

/** Never from the command line, which others can see. @throws EdgeadmError USAGE with the rules that it breaks */
async function passwordOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const password = await flagText(file === '-' ? file : `@${file}`, '--password-file');
  registerSecret(password);
  const mistakes = refuseLoginPassword(password);
  if (mistakes.length > 0) throw usageError(mistakes.map((mistake) => `--password-file: ${mistake}`));
  return password;
}
