import { appArg, appFlags } from '../../cli/app/flags.ts';
import { appStatusText } from '../../cli/app/status.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { kubeconfigFlag, withCluster } from '../../cli/cluster-access.ts';
import { listFlag } from '../../cli/flags.ts';
import { appImages, appName, findApp } from '../../phases/app/app.ts';
import { appWorkloads, poolStatuses } from '../../phases/app/app-status.ts';

export default class AppStatus extends BaseCommand {
  static override summary = 'Show an application by node pool: pods, workload, image.';
  static override description =
    'Reads the Deployments and StatefulSets that the controller has made for it. User guide: chapter 6.3, Use the UnitedDeployment controller to deploy applications.';
  static override examples = ['<%= config.bin %> app status web', '<%= config.bin %> app status web -n shops -o json'];
  static override args = appArg;
  static override flags = { ...kubeconfigFlag, ...listFlag, ...appFlags };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(AppStatus);
    this.openOutput({ looksOnly: true });
    const { namespace, kind } = flags;
    const { app, pools } = await withCluster(flags.kubeconfig, async (client, signal) => {
      const found = await findApp(client, { namespace, name: args.name, kind }, signal);
      return { app: found, pools: poolStatuses(found, await appWorkloads(client, found, signal)) };
    });
    const { conditions = [] } = app.object.status ?? {};
    const data = {
      ...{ name: args.name, namespace, kind: app.api.kind, apiVersion: app.api.version },
      images: Object.fromEntries(appImages(app)),
      ...{ pools, conditions },
    };
    await this.show({ data, text: appStatusText(app, pools), names: [appName(app)] });
  }
}
