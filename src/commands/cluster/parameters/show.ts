import { BaseCommand } from '../../../cli/base-command.ts';
import { clusterArg } from '../../../cli/cluster/flags.ts';
import { lookAtCluster } from '../../../cli/cluster/look.ts';
import { componentFlag, parameterTable } from '../../../cli/cluster/parameters.ts';
import { listFlag } from '../../../cli/flags.ts';
import { ramActions, serviceFlags } from '../../../cli/service-change.ts';
import { CONFIGURABLE_COMPONENTS, parametersIn } from '../../../phases/cluster/parameters.ts';

export default class ClusterParametersShow extends BaseCommand {
  static override summary = 'Show the parameters of the control-plane components of a cluster.';
  static override description = ramActions(
    'GetClusterAddonInstance',
    'DescribeAddon',
    'DescribeClusterDetail',
    'DescribeClustersForRegion',
  );
  static override examples = ['<%= config.bin %> cluster parameters show shops --region cn-hangzhou'];
  static override args = clusterArg;
  static override flags = { ...serviceFlags, ...componentFlag, ...listFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ClusterParametersShow);
    this.openOutput({ looksOnly: true });
    const components = flags.component === undefined ? CONFIGURABLE_COMPONENTS : [flags.component];
    const parameters = await lookAtCluster(flags, args, async (service, { clusterId }) =>
      (await Promise.all(components.map((component) => parametersIn(service, clusterId, component)))).flat(),
    );
    await this.show({
      data: parameters,
      text: parameterTable(parameters) || 'The service shows no parameters of the control plane.\n',
      names: parameters.map(({ component, name }) => `parameter/${component}.${name}`),
    });
  }
}
