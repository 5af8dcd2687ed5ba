import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../cli/cluster-access.ts';
import { repeatable, secretOf } from '../../cli/flags.ts';
import { usageError } from '../../errors/usage.ts';
import { BOOTSTRAP_GROUP, createToken, joinLine, randomToken } from '../../kubernetes/api/bootstrap-tokens.ts';
import { parseDuration } from '../../lib/duration.ts';

export default class TokenCreate extends BaseCommand {
  static override summary = 'Create a bootstrap token for joining nodes.';
  static override examples = [
    '<%= config.bin %> token create --print-join-command',
    '<%= config.bin %> token create --ttl 2h --description "shop 17"',
  ];
  static override args = { token: Args.string({ description: 'ID.SECRET, @FILE or -; default: a random one' }) };
  static override flags = {
    ...kubeconfigFlag,
    ttl: Flags.string({
      default: '24h',
      helpValue: 'DURATION',
      description: 'token lifetime; 0 means it never expires',
    }),
    description: Flags.string({ description: 'description of the token' }),
    groups: Flags.string({
      ...repeatable,
      delimiter: ',',
      description: 'groups of the token, system:bootstrappers:...',
    }),
    'print-join-command': Flags.boolean({ description: 'print the complete join command instead of the token' }),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(TokenCreate);
    const ttlMs = parseDuration(flags.ttl);
    if (ttlMs === undefined) throw usageError([`--ttl: "${flags.ttl}" is not a duration such as 2h`]);
    const wrong = flags.groups?.find((group) => !BOOTSTRAP_GROUP.test(group));
    if (wrong !== undefined)
      throw usageError([`--groups: "${wrong}" is not a group of bootstrap tokens (system:bootstrappers:NAME)`]);
    const token = (await secretOf(args.token, 'TOKEN')) ?? randomToken();
    const line = await withCluster(flags.kubeconfig, async (client) => {
      await createToken(client, { token, ttlMs, description: flags.description, groups: flags.groups });
      return flags['print-join-command'] ? joinLine(client, token) : undefined;
    });
    await this.finish({
      ok: true,
      hosts: [],
      data: { token, joinCommand: line },
      text: `${line ?? token}\n`,
      reveal: true,
    });
  }
}
