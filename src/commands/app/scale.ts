import { Args } from '@oclif/core';
import { appArg, appFlags, poolCounts } from '../../cli/app/flags.ts';
import { appUndo } from '../../cli/app/undo.ts';
import { ChangeCommand, objectChangeFlags } from '../../cli/changes/change-command.ts';
import { usageError } from '../../errors/usage.ts';
import { appChange, appPools, findApp } from '../../phases/app/app.ts';

export default class AppScale extends ChangeCommand {
  static override summary = 'Set the number of pods of an application in node pools.';
  static override description =
    'Asks before it stops pods. Other pools keep their number. User guide: chapter 6.3, Use the UnitedDeployment controller to manage pods.';
  static override examples = [
    '<%= config.bin %> app scale web edge=3',
    '<%= config.bin %> app scale web cloud=1 edge=5 --dry-run',
  ];
  static override strict = false;
  static override args = {
    ...appArg,
    pool: Args.string({ required: true, description: 'node pools and the number of pods in each, as POOL=N' }),
  };
  static override flags = { ...objectChangeFlags, ...appFlags };

  async run(): Promise<void> {
    const { flags, args, argv } = await this.parse(AppScale);
    const { namespace, kind } = flags;
    const mistakes: string[] = [];
    const replicas = poolCounts(argv.slice(1).map(String), 'POOL', (mistake) => mistakes.push(mistake));
    if (mistakes.length > 0) throw usageError(mistakes);
    await this.change(flags, async (client, signal) => {
      const app = await findApp(client, { namespace, name: args.name, kind }, signal);
      const before = new Map(appPools(app).map((pool) => [pool.name, pool.replicas ?? 0]));
      const fewer = [...replicas].filter(([pool, count]) => count < (before.get(pool) ?? 0));
      return {
        changes: [appChange(app, { replicas })],
        onChange: [...replicas].map(([pool, count]) => `Pods in ${pool}: ${before.get(pool) ?? 0}, then ${count}.`),
        undo: appUndo(app, { replicas }),
        question:
          fewer.length > 0 ? `Stop pods of ${args.name} in ${fewer.map(([pool]) => pool).join(', ')}?` : undefined,
        isRendered: true,
      };
    });
  }
}
