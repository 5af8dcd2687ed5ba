import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { logOf, poolSourceFlags, refusePoolSource, serviceOf } from '../../cli/nodepool/pools.ts';
import { attachSpecOf, expiryOf } from '../../cli/nodepool/script.ts';
import { ramActions } from '../../cli/service-change.ts';
import { interruptible } from '../../cli/signals.ts';
import { usageError } from '../../errors/usage.ts';

const { 'cluster-id': clusterId, region, profile } = poolSourceFlags;

export default class NodePoolAttachScript extends BaseCommand {
  static override summary = 'Print the command that joins a node to a node pool; it contains a token.';
  static override description = `${ramActions('DescribeClusterNodePools', 'DescribeClusterAttachScripts')}`;
  static override examples = [
    '<%= config.bin %> nodepool attach-script shops --cluster-id c1 --region cn-hangzhou --ttl 2h --arch arm64',
  ];
  static override args = { name: Args.string({ required: true, description: 'name or ID of the node pool' }) };
  static override flags = {
    'cluster-id': clusterId,
    region,
    profile,
    ttl: Flags.string({
      default: '1h',
      helpValue: 'DURATION',
      description: 'lifetime of the token in the command; 0 means ten years',
    }),
    arch: Flags.option({
      options: ['amd64', 'arm', 'arm64'] as const,
      default: 'amd64' as const,
      description: 'architecture of the node',
    })(),
    'one-time': Flags.boolean({ description: 'token that works for one node only' }),
    platform: Flags.option({
      options: ['linux', 'windows'] as const,
      default: 'linux' as const,
      description: 'operating system of the node',
    })(),
    'node-spec': Flags.string({ default: '{}', helpValue: 'JSON', description: "keys that override the console's" }),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(NodePoolAttachScript);
    const { 'cluster-id': id = '', arch, platform } = flags;
    const mistakes = id
      ? refusePoolSource(flags)
      : ['--cluster-id is required: the container service creates the join command'];
    const refuse = (mistake: string): void => void mistakes.push(mistake);
    const spec = attachSpecOf(flags['node-spec'], platform, refuse);
    const expiry = expiryOf(flags.ttl, refuse);
    if (platform === 'windows' && arch !== 'amd64') refuse('--arch: Windows nodes are amd64');
    if (mistakes.length > 0) throw usageError(mistakes);
    const log = logOf(this.openOutput({ looksOnly: true }), 'nodepool attach-script');
    for (const warning of [...spec.warnings, ...expiry.warnings]) log.warning(warning);
    const script = await interruptible(async (signal) => {
      const service = await serviceOf(flags, signal);
      const { edgePoolNamed } = await import('../../cloud/node-pools.ts');
      const pool = edgePoolNamed(await service.nodePools(id), args.name, id);
      const nodeSpec = JSON.stringify(
        pool.mode === 'private' ? { interconnectMode: 'private', ...spec.keys } : spec.keys,
      );
      return service.attachScript(id, {
        nodePoolId: pool.id,
        arch,
        nodeSpec,
        expires: expiry.seconds,
        oneTime: flags['one-time'],
      });
    });
    const expires = new Date(expiry.seconds * 1000).toISOString();
    await this.finish({ ok: true, hosts: [], data: { script, expires }, text: `${script}\n`, reveal: true });
  }
}
