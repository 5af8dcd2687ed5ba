import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { nodeArgs, nodeChoiceFlags, nodeQueryOf } from '../../cli/changes/node-flags.ts';
import { kubeconfigFlag, withCluster } from '../../cli/cluster-access.ts';
import { listFlag, repeatable } from '../../cli/flags.ts';
import { clusterNodeTable } from '../../cli/node/cluster-nodes.ts';
import { nodesOfService, serviceNodeTable } from '../../cli/node/service-nodes.ts';
import { clusterIdFlag, poolSourceFlags } from '../../cli/nodepool/pools.ts';
import { ramActions, requireClusterId, withService } from '../../cli/service-change.ts';
import { usageError } from '../../errors/usage.ts';
import { chosenNodes, nodesNotFound } from '../../phases/node/chosen-nodes.ts';
import { describeNodes } from '../../phases/node/cluster-nodes.ts';

export default class NodeList extends BaseCommand {
  static override summary = 'List edge nodes and cloud nodes with pool, autonomy, edge-hub and versions.';
  static override description =
    `HUB is the version of the edge-hub. A hub that another tool installed as a service on the node is not visible in the cluster. --certificates asks the kubelet of each node, through the API server. With --cluster-id, the list is that of the container service, with instances and billing. User guide: chapter 7, Node management. ${ramActions('DescribeClusterNodes', 'DescribeClusterNodePools')}`;
  static override examples = [
    '<%= config.bin %> node list',
    '<%= config.bin %> node list --nodepool shops -o wide',
    '<%= config.bin %> node list --certificates',
    '<%= config.bin %> node list --cluster-id c1 --region cn-hangzhou --status NotReady -o name',
  ];
  static override strict = false;
  static override args = nodeArgs;
  static override flags = {
    ...kubeconfigFlag,
    ...listFlag,
    ...nodeChoiceFlags,
    certificates: Flags.boolean({ description: 'also show when the client certificate of each kubelet expires' }),
    // Not from the environment: the sandbox and many shells have both a cluster ID and a kubeconfig.
    'cluster-id': Flags.string(clusterIdFlag),
    region: poolSourceFlags.region,
    profile: poolSourceFlags.profile,
    status: Flags.string({
      ...repeatable,
      helpValue: 'STATUS',
      description: 'with --cluster-id: only nodes of this status, such as NotReady or Offline (repeatable)',
      helpGroup: 'CLUSTER',
    }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(NodeList);
    this.openOutput({ looksOnly: true });
    if (flags['cluster-id'] !== undefined) return this.#ofService(argv as string[], flags);
    if (flags.status) throw usageError(['--status needs --cluster-id']);
    const { certificates, kubeconfig } = flags;
    const nodes = await withCluster(kubeconfig, async (client, signal) => {
      const chosen = await chosenNodes(client, nodeQueryOf(argv, flags), signal);
      return describeNodes(client, chosen, { certificates, signal });
    });
    const text = (wide: boolean): string => clusterNodeTable(nodes, { wide, certificates }) || 'No nodes found.\n';
    await this.show({
      data: nodes,
      text: text(false),
      wide: text(true),
      names: nodes.map(({ name }) => `node/${name}`),
    });
  }

  async #ofService(names: readonly string[], flags: ServiceListFlags): Promise<void> {
    const id = requireClusterId(flags, [
      ...(flags.selector ? ['--selector is for a kubeconfig: the container service has no labels'] : []),
      ...(flags.certificates ? ['--certificates is for a kubeconfig'] : []),
    ]);
    const { matching } = await withService(flags, (service) => nodesOfService(service, id, flags));
    const known = matching.map(({ name }) => name);
    const missing = names.filter((name) => !known.includes(name));
    if (missing.length > 0) throw nodesNotFound(missing, known);
    const nodes = matching.filter(({ name }) => names.length === 0 || names.includes(name));
    await this.show({
      data: nodes,
      text: serviceNodeTable(nodes) || 'No nodes found.\n',
      wide: serviceNodeTable(nodes, true),
      names: nodes.map(({ name }) => `node/${name}`),
    });
  }
}

interface ServiceListFlags {
  readonly 'cluster-id'?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly selector?: string;
  readonly nodepool?: string;
  readonly certificates?: boolean;
  readonly status?: string[];
}
