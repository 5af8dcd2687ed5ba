import { Args } from '@oclif/core';
import { BaseCommand } from '../../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../../cli/cluster-access.ts';
import { listFlag, namespacesFlagsFor } from '../../../cli/flags.ts';
import { manifestsIn } from '../../../cli/manifests/read.ts';
import { EdgeadmError } from '../../../errors/index.ts';
import { podTemplatesIn } from '../../../kubernetes/pod-templates.ts';
import { table } from '../../../output/table.ts';
import { windowsAppOf } from '../../../phases/windows/app-rules.ts';
import { clusterTemplates } from '../../../phases/windows/cluster-apps.ts';

export default class WindowsAppCheck extends BaseCommand {
  static override summary = 'Check workloads for Windows nodes: host network, node selector, toleration.';
  static override description =
    'Windows nodes of an edge cluster run only pods that use the host network. Checks the manifests of a file, or the workloads of the cluster. User guide: chapter 10.2, Create an application on a Windows node.';
  static override examples = [
    '<%= config.bin %> windows app check web-windows.yaml',
    '<%= config.bin %> windows app check --namespace shops',
  ];
  static override args = {
    file: Args.string({ description: 'manifests; - is standard input; default: the workloads of the cluster' }),
  };
  static override flags = {
    ...kubeconfigFlag,
    ...listFlag,
    ...namespacesFlagsFor('workloads'),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(WindowsAppCheck);
    this.openOutput({ looksOnly: true });
    const { file } = args;
    const templates =
      file === undefined
        ? await withCluster(flags.kubeconfig, (client, signal) => clusterTemplates(client, flags.namespace, signal))
        : (await manifestsIn(file)).flatMap(podTemplatesIn);
    const apps = templates.flatMap((template) => windowsAppOf(template) ?? []);
    const wrong = apps.filter(({ problems }) => problems.length > 0);
    const error =
      wrong.length > 0
        ? new EdgeadmError({
            code: file === undefined ? 'CLUSTER_CHECK_FAILED' : 'USAGE',
            what: `${wrong.length} of ${apps.length} workloads for Windows nodes cannot run there`,
            next: 'Correct their pod templates: hostNetwork: true, the node selector kubernetes.io/os: windows, a toleration of os=windows.',
          })
        : undefined;
    const rows = apps.map(({ workload, problems }) => ({
      workload,
      result: problems.length > 0 ? 'failed' : 'ok',
      found: problems.join('; '),
    }));
    const names = apps.map(({ workload }) => workload);
    await this.show({ data: apps, text: table(rows) || 'No workload is meant for Windows nodes.\n', names }, error);
  }
}
