import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../cli/cluster-access.ts';
import { secretOf } from '../../cli/flags.ts';
import { deleteToken } from '../../kubernetes/api/bootstrap-tokens.ts';

export default class TokenDelete extends BaseCommand {
  static override summary = 'Delete a bootstrap token, so that it can no longer be used to join.';
  static override examples = ['<%= config.bin %> token delete abcdef'];
  static override args = { token: Args.string({ required: true, description: 'token id, or the whole token' }) };
  static override flags = kubeconfigFlag;

  async run(): Promise<void> {
    const { flags, args } = await this.parse(TokenDelete);
    const id = await withCluster(flags.kubeconfig, async (client) =>
      // The id by itself is not a secret.
      deleteToken(
        client,
        /^[a-z0-9]{6}$/.test(args.token) ? args.token : ((await secretOf(args.token, 'TOKEN')) ?? ''),
      ),
    );
    await this.finish({ ok: true, hosts: [], data: { id }, text: `bootstrap token "${id}" deleted\n` });
  }
}
