import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { dynamicValues } from '../cli/completion/dynamic-values.ts';
import { placesOf } from '../cli/completion/places.ts';
import { COMPLETION_SHELLS, type CompletionShell, completionScript } from '../cli/completion/script.ts';
import { DYNAMIC_VALUES } from '../cli/completion/values.ts';
import { usageError } from '../errors/usage.ts';

export default class Completion extends BaseCommand {
  static override summary = 'Print the shell completion script for commands, flags and their values.';
  static override description =
    'Source it from the start-up file of your shell; the packages install it. Inventory hosts, node pools, nodes, tokens, and the nodes of a sandbox are looked up when you press TAB; everything else is in the script.';
  static override examples = [
    'source <(<%= config.bin %> completion bash)',
    'source <(<%= config.bin %> completion zsh)',
    '<%= config.bin %> completion fish | source',
    '<%= config.bin %> completion powershell | Out-String | iex',
  ];
  static override args = {
    shell: Args.string({ options: [...COMPLETION_SHELLS], ignoreStdin: true, description: 'the shell' }),
  };
  static override flags = {
    values: Flags.option({
      options: DYNAMIC_VALUES,
      hidden: true,
      description: 'values to complete, as the script requests them',
    })(),
    inventory: Flags.string({ hidden: true, helpValue: 'FILE', description: 'for --values hosts' }),
    kubeconfig: Flags.string({
      ...{ hidden: true, helpValue: 'FILE', env: 'KUBECONFIG' },
      description: 'for --values nodepools, nodes and tokens',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Completion);
    const { values } = flags;
    if (values === 'sandbox-nodes' || values === 'sandbox-actions') {
      await this.config.runCommand('sandbox:values', [values]).catch(() => {});
      return;
    }
    if (values) return this.#answer(await dynamicValues(values, flags));
    if (args.shell === undefined) throw usageError([`which shell? ${COMPLETION_SHELLS.join(', ')}`]);
    const topics = new Map(this.config.topics.map(({ name, description = '' }) => [name, description]));
    const script = completionScript(args.shell as CompletionShell, placesOf(this.config.commands, topics));
    const data = { shell: args.shell, script };
    // Names of flags beside their values look like secrets; the script has none, since it is made of help texts alone.
    await this.finish({ ok: true, hosts: [], data, text: script, verbatim: true, reveal: true });
  }

  async #answer(values: readonly string[]): Promise<void> {
    await this.finish({ ok: true, hosts: [], data: values, text: values.map((value) => `${value}\n`).join('') });
  }
}
