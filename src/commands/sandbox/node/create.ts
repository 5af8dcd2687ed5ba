import { Args, Flags } from '@oclif/core';
import { knownSystems } from '../../../../sandbox/node/systems.ts';
import { createSandboxNode } from '../../../../sandbox/nodes.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { folderOf, sandboxFlags } from '../../../cli/sandbox/flags.ts';

export default class SandboxNodeCreate extends BaseCommand {
  static override summary = 'Create a node in the sandbox: a folder that stands for a machine, with a small kubelet.';
  static override description =
    'Only a small kubelet of the sandbox runs on it. It reads the files that a join writes. If the node already exists, the command prints a new join line.';
  static override examples = [
    '<%= config.bin %> sandbox node create edge1',
    "<%= config.bin %> sandbox node create edge2 --os 'CentOS 7.6'",
  ];
  static override args = { name: Args.string({ required: true, description: 'host name of the machine' }) };
  static override flags = {
    ...sandboxFlags,
    os: Flags.string({
      helpValue: "'NAME VERSION'",
      description: `operating system; default 'Ubuntu 20.04', with Kubernetes 1.35 and newer 'Ubuntu 24.04'. Systems with their kernels: ${knownSystems()}`,
    }),
    kernel: Flags.string({
      helpValue: 'RELEASE',
      description: 'kernel, as uname -r prints it; default: that of the operating system',
    }),
    arch: Flags.option({
      options: ['amd64', 'arm64'] as const,
      description: 'architecture, as Kubernetes spells it; default amd64',
    })(),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(SandboxNodeCreate);
    const { os, kernel, arch } = flags;
    const node = await createSandboxNode(folderOf(flags), { name: args.name, os, kernel, arch });
    const { name, root, joinLine } = node;
    const verb = node.created ? 'is' : 'already exists:';
    const text = `${name} ${verb} a machine with ${node.os}, kernel ${node.kernel}, ${node.arch}: ${root}\nTo join it:\n\n${joinLine}\n`;
    await this.finish({ ok: true, hosts: [], data: { name, root, joinLine }, text, reveal: true });
  }
}
