import { readFile } from 'node:fs/promises';
import { Flags } from '@oclif/core';
import { requireSandbox } from '../../../sandbox/folder.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { folderOf, sandboxFlags } from '../../cli/sandbox/flags.ts';

export default class SandboxKubeconfig extends BaseCommand {
  static override summary = "Print the path of the administrator's kubeconfig, or its content.";
  static override examples = [
    'kubectl --kubeconfig "$(<%= config.bin %> sandbox kubeconfig)" get nodes',
    '<%= config.bin %> sandbox kubeconfig --raw',
  ];
  static override flags = {
    ...sandboxFlags,
    raw: Flags.boolean({ description: "print its content, including the administrator's key" }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxKubeconfig);
    const folder = folderOf(flags);
    await requireSandbox(folder);
    const text = flags.raw ? await readFile(folder.kubeconfig, 'utf8') : `${folder.kubeconfig}\n`;
    const data = flags.raw ? { path: folder.kubeconfig, text } : { path: folder.kubeconfig };
    await this.finish({ ok: true, hosts: [], data, text, reveal: true });
  }
}
