import type { V1Service } from '@kubernetes/client-node';
import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { listFlag, namespacesFlagsFor } from '../../../cli/flags.ts';
import { topologyTable } from '../../../cli/service/topology.ts';
import { listWhole } from '../../../kubernetes/api/list.ts';
import { topologyOf } from '../../../phases/service/topology.ts';

export default class ServiceTopologyShow extends BaseCommand {
  static override summary = 'Show which Services are limited to the node or the node pool of the client.';
  static override description = 'User guide: chapter 6.4, Configure a Service topology.';
  static override examples = [
    '<%= config.bin %> service topology show',
    '<%= config.bin %> service topology show -n shops -o wide',
  ];
  static override flags = {
    ...kubeconfigFlag,
    ...listFlag,
    ...namespacesFlagsFor('Services'),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ServiceTopologyShow);
    this.openOutput({ looksOnly: true });
    const path = flags.namespace
      ? `/api/v1/namespaces/${encodeURIComponent(flags.namespace)}/services`
      : '/api/v1/services';
    const services = await withCluster(flags.kubeconfig, (client, signal) =>
      listWhole<V1Service>(client, path, signal),
    );
    const shown = services.map(topologyOf);
    const none = 'No Services found.\n';
    await this.show({
      data: shown,
      text: topologyTable(shown) || none,
      wide: topologyTable(shown, true) || none,
      names: shown.map(({ name }) => `service/${name}`),
    });
  }
}
