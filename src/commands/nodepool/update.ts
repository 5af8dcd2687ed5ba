import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { pairsOf, repeatable, taintsOf } from '../../cli/flags.ts';
import { changePoolInService } from '../../cli/nodepool/change-in-service.ts';
import { ramActions, requireClusterId, serviceChangeFlags } from '../../cli/service-change.ts';
import { refusePoolRequest } from '../../config/nodepool-rules.ts';
import type { Taint } from '../../config/spec.ts';
import { poolChange } from '../../phases/nodepool/change.ts';

const CHANGES = [
  'rename',
  'label',
  'remove-label',
  'taint',
  'remove-taint',
  'unschedulable',
  'auto-repair',
  'auto-upgrade',
] as const;

export default class NodePoolUpdate extends BaseCommand {
  static override summary = 'Change the name, labels, taints and management of a node pool.';
  static override description =
    `Through the container service. Settings you do not name stay as they are; size, mode and networks cannot be changed. The command is idempotent. ${ramActions('DescribeClusterNodePools', 'ModifyClusterNodePool', 'DescribeTaskInfo')}`;
  static override examples = [
    '<%= config.bin %> nodepool update shops --label zone=south --remove-taint edge --cluster-id c1 --region cn-hangzhou',
  ];
  static override args = { name: Args.string({ required: true, description: 'name or ID of the node pool' }) };
  static override flags = {
    ...serviceChangeFlags,
    rename: Flags.string({ helpValue: 'NAME', description: 'new name' }),
    // `nodepool create` has them in the plural.
    label: Flags.string({
      ...repeatable,
      aliases: ['labels'],
      helpValue: 'KEY=VALUE',
      description: 'add or change a label (repeatable)',
    }),
    'remove-label': Flags.string({ ...repeatable, helpValue: 'KEY', description: 'remove a label (repeatable)' }),
    taint: Flags.string({
      ...repeatable,
      aliases: ['taints'],
      helpValue: 'KEY=VALUE:EFFECT',
      description: 'add or change a taint (repeatable)',
    }),
    'remove-taint': Flags.string({ ...repeatable, helpValue: 'KEY', description: 'remove a taint (repeatable)' }),
    unschedulable: Flags.boolean({ allowNo: true, description: 'whether nodes are unschedulable when they join' }),
    'auto-repair': Flags.boolean({ allowNo: true, description: 'whether the service repairs nodes by itself' }),
    'auto-upgrade': Flags.boolean({ allowNo: true, description: 'whether the service upgrades nodes by itself' }),
    'update-nodes': Flags.boolean({ default: false, description: 'also change labels and taints of existing nodes' }),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(NodePoolUpdate);
    const mistakes: string[] = [];
    const refuse = (mistake: string): void => void mistakes.push(mistake);
    const labels = pairsOf(flags.label, { flag: '--label', commas: true }, refuse) ?? {};
    const taints = taintsOf(flags.taint, '--taint', refuse) ?? [];
    const { rename: name } = flags;
    mistakes.push(
      ...refusePoolRequest({
        name,
        labels,
        annotations: {},
        taints: taints as readonly Taint[],
        podCidrs: [],
        ofService: {},
      }).map(withFlagsOfUpdate),
    );
    if (!CHANGES.some((flag) => flags[flag] !== undefined))
      mistakes.push('name at least one change, such as --label KEY=VALUE');
    requireClusterId(flags, mistakes);
    const request = {
      name,
      labels,
      removeLabels: flags['remove-label'] ?? [],
      taints,
      removeTaints: flags['remove-taint'] ?? [],
      unschedulable: flags.unschedulable,
      autoRepair: flags['auto-repair'],
      autoUpgrade: flags['auto-upgrade'],
      updateNodes: flags['update-nodes'],
    };
    await this.finish(
      await changePoolInService(flags, args.name, this.host, async (pool, { service, clusterId }) => {
        const change = poolChange(pool, request);
        const { nodepoolId, name: now } = pool.nodepoolInfo;
        return {
          lines: change?.lines ?? [],
          what: `node pool ${now} to be changed`,
          question: `Change the node pool ${now}?`,
          done: `nodepool/${name ?? now} changed`,
          data: { changes: change?.lines ?? [] },
          isSetting: true,
          send: async () => change && service.changeNodePool(clusterId, nodepoolId, change.body),
        };
      }),
    );
  }
}

/** The rules name the flags of `create`. */
function withFlagsOfUpdate(mistake: string): string {
  return mistake.replace(/^NAME:/, '--rename:').replace(/^--(label|taint)s:/, '--$1:');
}
