import type { V1Pod } from '@kubernetes/client-node';
import { BaseCommand } from '../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../cli/cluster-access.ts';
import { listFlag, namespacesFlagsFor } from '../../cli/flags.ts';
import { gangTable } from '../../cli/gang/text.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { listAll } from '../../kubernetes/api/list.ts';
import { listNodes } from '../../kubernetes/node/list-nodes.ts';
import { gangGroups } from '../../phases/gang/groups.ts';

export default class GangCheck extends BaseCommand {
  static override summary =
    'Check groups of pods that are scheduled as a whole: labels, priorities, room on the nodes.';
  static override description =
    'Room is computed from resource requests and free resources of the nodes; taints and affinity are ignored. Whether the cluster is a Pro cluster cannot be read from inside it. User guide: chapter 5.3.1, Gang scheduling.';
  static override examples = ['<%= config.bin %> gang check', '<%= config.bin %> gang check -n training -o json'];
  static override flags = {
    ...kubeconfigFlag,
    ...listFlag,
    ...namespacesFlagsFor('groups'),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(GangCheck);
    this.openOutput({ looksOnly: true });
    const all = await withCluster(flags.kubeconfig, async (client, signal) => {
      const [pods, nodes] = await Promise.all([
        listAll<V1Pod>(client, '/api/v1/pods', { keep: withoutFields, signal }),
        listNodes(client, { signal }),
      ]);
      return gangGroups(pods, nodes);
    });
    const groups = all.filter(({ namespace }) => flags.namespace === undefined || namespace === flags.namespace);
    const wrong = groups.filter(({ problems }) => problems.length > 0);
    const error =
      wrong.length > 0
        ? new EdgeadmError({
            code: 'CLUSTER_CHECK_FAILED',
            what: `${wrong.length} of ${groups.length} groups of pods have problems`,
            next: 'Correct labels and priorities in the workload, or add nodes.',
          })
        : undefined;
    const names = groups.map(({ namespace, group }) => `group/${namespace}/${group}`);
    await this.show({ data: groups, text: gangTable(groups), names }, error);
  }
}

/** Of ten thousand pods, half of the memory. */
function withoutFields(pod: V1Pod): V1Pod {
  delete pod.metadata?.managedFields;
  return pod;
}
