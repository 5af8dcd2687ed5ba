import { Flags } from '@oclif/core';
import { appArg, appFlags, poolCounts } from '../../cli/app/flags.ts';
import { simpleSource, sourceOfFile } from '../../cli/app/template.ts';
import { ChangeCommand, objectChangeFlags } from '../../cli/changes/change-command.ts';
import { repeatable } from '../../cli/flags.ts';
import { usageError } from '../../errors/usage.ts';
import { commandLine } from '../../host/quote.ts';
import { createApp } from '../../phases/app/app.ts';
import { servedApps } from '../../phases/app/app-kinds.ts';

const PORTS = { min: 1, max: 65_535 };

export default class AppCreate extends ChangeCommand {
  static override summary = 'Deploy an application to node pools, with a number of pods for each pool.';
  static override description =
    'Creates a YurtAppSet or, in clusters that do not have it, a UnitedDeployment; its controller makes one Deployment or StatefulSet for each pool. `--dry-run -o yaml` prints the object. User guide: chapter 6.3, Use the UnitedDeployment controller to deploy applications.';
  static override examples = [
    '<%= config.bin %> app create web --image nginx:1.19.3 --pool cloud=2 --pool edge=2',
    '<%= config.bin %> app create web --from deployment.yaml --pool cloud=1,edge=3 --dry-run -o yaml',
  ];
  static override args = appArg;
  static override flags = {
    ...objectChangeFlags,
    ...appFlags,
    pool: Flags.string({
      ...repeatable,
      required: true,
      helpValue: 'POOL=N',
      description: 'node pool and number of pods there (repeatable)',
    }),
    image: Flags.string({ helpValue: 'IMAGE', exclusive: ['from'], description: 'image of the only container' }),
    port: Flags.integer({
      ...PORTS,
      ...repeatable,
      helpValue: 'PORT',
      dependsOn: ['image'],
      description: 'TCP port of the container (repeatable)',
    }),
    from: Flags.string({
      helpValue: 'FILE',
      description: 'manifest of a Deployment or StatefulSet to take the template from; - is standard input',
    }),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(AppCreate);
    const { namespace, image, from } = flags;
    const mistakes: string[] = [];
    const pools = poolCounts(flags.pool, '--pool', (mistake) => mistakes.push(mistake));
    if (image === undefined && from === undefined) mistakes.push('--image or --from: one of them is required');
    if (mistakes.length > 0) throw usageError(mistakes);
    const source =
      from === undefined ? simpleSource(args.name, image ?? '', flags.port ?? []) : await sourceOfFile(from);
    await this.change(flags, async (client, signal) => {
      const [api] = await servedApps(client, flags.kind, signal);
      if (!api) return { changes: [], undo: [] };
      const change = await createApp(client, { api, namespace, name: args.name }, { ...source, pools });
      const places = [...pools].map(([pool, count]) => `${count} in ${pool}`).join(', ');
      return {
        changes: [change],
        onChange: [
          `The controller makes a ${source.workload} for each pool: pods: ${places}.`,
          `Check them: edgeadm app status ${args.name} --namespace ${namespace}`,
        ],
        undo: [commandLine(['kubectl', '-n', namespace, 'delete', api.kind.toLowerCase(), args.name])],
        isRendered: true,
      };
    });
  }
}
