import type { V1Service } from '@kubernetes/client-node';
import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { listFlag, namespacesFlagsFor, nonEmptyName } from '../../../cli/flags.ts';
import { findService, topologyTable } from '../../../cli/service/topology.ts';
import { listWhole } from '../../../kubernetes/api/list.ts';
import { topologyOf } from '../../../phases/service/topology.ts';

export default class ServiceTopologyShow extends BaseCommand {
  static override summary = 'Show which Services are limited to the node or the node pool of the client.';
  static override description = 'User guide: chapter 6.4, Configure a Service topology.';
  static override examples = [
    '<%= config.bin %> service topology show',
    '<%= config.bin %> service topology show web',
    '<%= config.bin %> service topology show -n shops -o wide',
  ];
  static override args = {
    service: Args.string({
      parse: nonEmptyName('SERVICE'),
      description: 'show this Service only, of the namespace default unless one is given',
    }),
  };
  static override flags = {
    ...kubeconfigFlag,
    ...listFlag,
    ...namespacesFlagsFor('Services'),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(ServiceTopologyShow);
    this.openOutput({ looksOnly: true });
    const services = await withCluster(flags.kubeconfig, async (client, signal) =>
      args.service
        ? [await findService(client, { namespace: flags.namespace ?? 'default', name: args.service }, signal)]
        : listWhole<V1Service>(client, servicesPath(flags.namespace), signal),
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

const servicesPath = (namespace: string | undefined): string =>
  namespace ? `/api/v1/namespaces/${encodeURIComponent(namespace)}/services` : '/api/v1/services';
