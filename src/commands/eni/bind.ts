import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { drainPolicyOf } from '../../cli/drain-flags.ts';
import { changeFlags, changeInstance } from '../../cli/eni/change.ts';
import { nonEmptyName, repeatable } from '../../cli/flags.ts';
import { ramActions } from '../../cli/service-change.ts';
import { MAX_INTERFACES } from '../../cloud/ens.ts';
import { formatDuration } from '../../lib/duration.ts';

export default class EniBind extends BaseCommand {
  static override summary =
    'Buy elastic network interfaces for an ENS instance and attach them, for pods of Terway Edge.';
  static override description =
    `The instance is stopped and started again. The command is idempotent: rerun it at any time, even after it was killed; nothing is bought twice. ${ramActions('ens:DescribeInstances', 'ens:DescribeNetworkInterfaces', 'ens:DescribeVSwitches', 'ens:DescribeNetworkAttribute', 'ens:DescribeSecurityGroupAttribute', 'ens:CreateNetworkInterface', 'ens:AttachNetworkInterface', 'ens:AuthorizeSecurityGroup', 'ens:AuthorizeSecurityGroupEgress', 'ens:StopInstance', 'ens:StartInstance')}`;
  static override examples = [
    '<%= config.bin %> eni bind --instance i-5q9xk --dry-run',
    '<%= config.bin %> eni bind --instance i-5q9xk --eni-number 4 --kubeconfig admin.conf',
  ];
  static override flags = {
    'eni-number': Flags.integer({
      aliases: ['eniNumber'],
      default: 2,
      min: 1,
      max: MAX_INTERFACES - 1,
      helpValue: 'N',
      description: 'number of edgeadm-managed ENIs the instance should have (25 pods each)',
    }),
    vswitch: Flags.string({
      parse: nonEmptyName('--vswitch'),
      helpValue: 'ID',
      description: "vSwitch of new ENIs; default: the instance's",
    }),
    'security-group': Flags.string({
      aliases: ['securityGroup'],
      parse: nonEmptyName('--security-group'),
      helpValue: 'ID',
      description: "security group of new ENIs; default: the instance's",
    }),
    eni: Flags.string({
      ...repeatable,
      parse: nonEmptyName('--eni'),
      helpValue: 'ID',
      description: 'attach this ENI instead of buying one (repeatable)',
      exclusive: ['eni-number', 'reuse-available'],
    }),
    'add-rules': Flags.boolean({
      default: false,
      description: 'add the rules that pods need to the security group: all traffic from and to the network',
    }),
    'reuse-available': Flags.boolean({
      default: false,
      description: 'count secondary ENIs not bought by edgeadm, and attach available ones before buying any',
    }),
    ...changeFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(EniBind);
    const { instance: instanceId, region } = flags;
    const dryRun = flags['dry-run'];
    const output = this.openOutput({
      verbose: flags.verbose,
      hosts: [instanceId],
      logFile: flags['log-file'],
      dryRun,
    });
    const line = { ...flags, yes: flags.yes || isOriginalLine(this.argv) };
    const result = await changeInstance(line, output, async (options) => {
      const { bind } = await import('../../phases/eni/run.ts');
      const { changed, ...data } = await bind({
        ...options,
        spec: {
          instanceId,
          region,
          eniNumber: flags['eni-number'],
          vSwitchId: flags.vswitch,
          securityGroupId: flags['security-group'],
          interfaceIds: flags.eni,
          addRules: flags['add-rules'],
          reuseAvailable: flags['reuse-available'],
          forceStop: flags['force-stop'],
          kubeconfig: flags.kubeconfig,
          drainPolicy: drainPolicyOf(flags),
        },
      });
      const { interfacesAfter = 0, podsAfter = 0 } = data.plan ?? {};
      const down = data.downtimeMs === undefined ? '' : `; it was down for ${formatDuration(data.downtimeMs)}`;
      const text = `${instanceId}: ${interfacesAfter} ENIs, room for ${podsAfter} pods${down}\n`;
      return { outcome: changed ? 'bound' : 'unchanged', data, text };
    });
    await this.finish(result);
  }
}

/** Flags of the vendor's `eni-tool`. Source: its guide to Terway Edge. */
const ORIGINAL = ['accessKey', 'secretKey', 'instance', 'region', 'vswitch', 'eniNumber', 'securityGroup', 'profile'];

/** True for a line that the vendor's tool takes: it asks nothing, so neither does such a line in a script. */
function isOriginalLine(argv: readonly string[]): boolean {
  if (process.stdin.isTTY) return false;
  const flags = argv.flatMap((word) => /^--?([\w-]+)/.exec(word)?.[1] ?? []);
  const hasKeys = (flags.includes('accessKey') && flags.includes('secretKey')) || flags.includes('profile');
  return hasKeys && flags.every((flag) => ORIGINAL.includes(flag));
}
