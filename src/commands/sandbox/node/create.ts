import { Args, Flags } from '@oclif/core';
import { createNode } from '../../../../sandbox/nodes.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { folderOf, sandboxFlags } from '../../../cli/sandbox/flags.ts';

export default class SandboxNodeCreate extends BaseCommand {
  static override summary = 'Create a sandbox node: a folder that stands for a machine, with a small kubelet.';
  static override description =
    "Only the sandbox's small kubelet runs on it; it reads the files that a join writes and acts on them.";
  static override examples = [
    '<%= config.bin %> sandbox node create edge1',
    "<%= config.bin %> sandbox node create edge2 --os 'CentOS 7.6' --kernel 3.10.0-1160",
  ];
  static override args = { name: Args.string({ required: true, description: 'host name of the machine' }) };
  static override flags = {
    ...sandboxFlags,
    os: Flags.string({ default: 'Ubuntu 20.04', helpValue: "'NAME VERSION'", description: 'operating system' }),
    kernel: Flags.string({ default: '5.4.0-100', helpValue: 'RELEASE', description: 'kernel, as printed by uname -r' }),
    arch: Flags.option({
      options: ['amd64', 'arm64'] as const,
      default: 'amd64' as const,
      description: 'architecture, as Kubernetes spells it',
    })(),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(SandboxNodeCreate);
    const { os, kernel, arch } = flags;
    const { root, joinLine } = await createNode(folderOf(flags), { name: args.name, os, kernel, arch });
    const text = `${args.name} is a machine with ${os}, kernel ${kernel}, ${arch}: ${root}\nTo join it:\n\n${joinLine}\n`;
    await this.finish({ ok: true, hosts: [], data: { name: args.name, root, joinLine }, text, reveal: true });
  }
}
