import { Args } from '@oclif/core';
import { listSandboxNodes } from '../../../sandbox/nodes.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { folderOf, sandboxFlags } from '../../cli/sandbox/flags.ts';

export default class SandboxValues extends BaseCommand {
  static override hidden = true;
  static override summary = 'List values for shell completion.';
  static override args = { what: Args.string({ required: true, options: ['sandbox-nodes', 'sandbox-actions'] }) };
  static override flags = sandboxFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SandboxValues);
    const found = args.what === 'sandbox-nodes' ? await nodeNames(flags) : await actions();
    await this.finish({ ok: true, hosts: [], data: found, text: found.map((value) => `${value}\n`).join('') });
  }
}

async function nodeNames(flags: { readonly dir?: string }): Promise<string[]> {
  // A sandbox that was never started has none.
  return listSandboxNodes(folderOf(flags)).then(
    (nodes) => nodes.map(({ name }) => name),
    () => [],
  );
}

async function actions(): Promise<readonly string[]> {
  const { ACTIONS } = await import('../../../sandbox/cloud/actions.ts');
  return ACTIONS;
}
