import { Flags } from '@oclif/core';
import { ENVIRONMENT_SHELLS, sandboxEnvironment } from '../../../sandbox/environment.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { durationOf } from '../../cli/flags.ts';
import { folderOf, sandboxFlags } from '../../cli/sandbox/flags.ts';

export default class SandboxEnv extends BaseCommand {
  static override summary = 'Print the environment that points edgeadm, kubectl and cloud SDKs at the sandbox.';
  static override examples = [
    'eval "$(<%= config.bin %> sandbox env)"',
    'eval "$(<%= config.bin %> sandbox env --temporary 15m)"',
    '<%= config.bin %> sandbox env --shell powershell | Out-String | Invoke-Expression',
  ];
  static override flags = {
    ...sandboxFlags,
    shell: Flags.option({
      options: ENVIRONMENT_SHELLS,
      default: 'bash' as const,
      description: 'shell to print it for',
    })(),
    temporary: Flags.string({
      helpValue: 'DURATION',
      description:
        'use keys of a role with a security token that is valid for this time, instead of the keys of the account',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxEnv);
    const { variables, shell } = await sandboxEnvironment(
      folderOf(flags),
      flags.shell,
      durationOf(flags.temporary, '--temporary'),
    );
    await this.show({ data: variables, text: shell, reveal: true });
  }
}
