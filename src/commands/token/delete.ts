import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../cli/cluster-access.ts';
import { flagText } from '../../cli/flags.ts';
import { deleteToken } from '../../kubernetes/api/bootstrap-tokens.ts';
import { registerSecret } from '../../lib/redact.ts';

export default class TokenDelete extends BaseCommand {
  static override summary = 'Delete a bootstrap token, so that it can no longer be used to join.';
  static override examples = ['<%= config.bin %> token delete abcdef'];
  static override args = { token: Args.string({ required: true, description: 'token ID, or the whole token' }) };
  static override flags = kubeconfigFlag;

  async run(): Promise<void> {
    const { flags, args } = await this.parse(TokenDelete);
    const token = await flagText(args.token, 'TOKEN');
    // An ID and a mistyped word are not secret: an error shows them as they were typed.
    if (token.includes('.')) registerSecret(token);
    const id = await withCluster(flags.kubeconfig, (client) => deleteToken(client, token));
    await this.finish({ ok: true, hosts: [], data: { id }, text: `bootstrap token "${id}" deleted\n` });
  }
}
