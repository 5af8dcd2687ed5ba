import { BaseCommand } from '../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../cli/cluster-access.ts';
import { listFlag } from '../../cli/flags.ts';
import { listTokens } from '../../kubernetes/api/bootstrap-tokens.ts';
import { formatDuration } from '../../lib/duration.ts';
import { table } from '../../output/table.ts';

export default class TokenList extends BaseCommand {
  static override summary = 'List bootstrap tokens, without their secrets.';
  static override examples = ['<%= config.bin %> token list'];
  static override flags = { ...kubeconfigFlag, ...listFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(TokenList);
    const tokens = await withCluster(flags.kubeconfig, listTokens);
    const rows = tokens.map(({ id, expires, usages, groups, description }) => ({
      id,
      expires: expires ? `in ${formatDuration(Math.max(0, expires.getTime() - Date.now()))}` : 'never',
      usages: usages.join(','),
      groups: groups.join(','),
      description,
    }));
    await this.show({
      data: tokens,
      text: table(rows),
      names: tokens.map(({ id }) => `token/${id}`),
      wide: table(rows.map((row, index) => ({ ...row, 'expires-at': tokens[index]?.expires?.toISOString() ?? '' }))),
    });
  }
}
