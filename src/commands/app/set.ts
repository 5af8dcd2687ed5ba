import { Flags } from '@oclif/core';
import { appArg, appFlags, imageFlag, imagesOf, poolCounts } from '../../cli/app/flags.ts';
import { appUndo } from '../../cli/app/undo.ts';
import { ChangeCommand, objectChangeFlags } from '../../cli/changes/change-command.ts';
import { repeatable } from '../../cli/flags.ts';
import { usageError } from '../../errors/usage.ts';
import { type App, appChange, appImages, appPools, findApp } from '../../phases/app/app.ts';

export default class AppSet extends ChangeCommand {
  static override summary = 'Change the image of an application in all its node pools, or add and remove pools.';
  static override description =
    'Changes the template, from which the controller makes the workload of each pool. Images overridden in a pool (`app patch`) stay. User guide: chapter 6.3, Use the UnitedDeployment controller to manage pods.';
  static override examples = [
    '<%= config.bin %> app set web --image nginx:1.21',
    '<%= config.bin %> app set web --add-pool shops=2 --remove-pool old',
  ];
  static override args = appArg;
  static override flags = {
    ...objectChangeFlags,
    ...appFlags,
    image: imageFlag('new image, in all pools (repeatable)'),
    'add-pool': Flags.string({
      ...repeatable,
      helpValue: 'POOL=N',
      description: 'also run N pods in this node pool (repeatable)',
    }),
    'remove-pool': Flags.string({
      ...repeatable,
      helpValue: 'POOL',
      description: 'stop all pods in this node pool (repeatable)',
    }),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(AppSet);
    const { image, namespace, kind } = flags;
    const removed = [...new Set(flags['remove-pool'] ?? [])];
    const mistakes: string[] = [];
    const added = poolCounts(flags['add-pool'] ?? [], '--add-pool', (mistake) => mistakes.push(mistake));
    if (!image && added.size === 0 && removed.length === 0)
      mistakes.push('nothing to set: use --image, --add-pool or --remove-pool');
    if (mistakes.length > 0) throw usageError(mistakes);
    await this.change(flags, async (client, signal) => {
      const app = await findApp(client, { namespace, name: args.name, kind }, signal);
      const wrong: string[] = [];
      const images = imagesOf(image, [...appImages(app).keys()], (mistake) => wrong.push(mistake));
      if (wrong.length > 0) throw usageError(wrong);
      const changes = { images, added, removed };
      return {
        changes: [appChange(app, changes)],
        onChange: effectOf(app, changes),
        undo: appUndo(app, changes),
        question:
          images.size > 0 || removed.length > 0 ? `Change ${args.name} in ${appPools(app).length} pools?` : undefined,
        isRendered: true,
      };
    });
  }
}

function effectOf(
  app: App,
  {
    images,
    removed,
    added,
  }: {
    readonly images: ReadonlyMap<string, string>;
    readonly removed: readonly string[];
    readonly added: ReadonlyMap<string, number>;
  },
): string[] {
  const patched = appPools(app).filter(({ patch }) => patch !== undefined);
  const names = patched.map(({ name }) => name).join(', ');
  return [
    ...(images.size > 0 ? ['The controller replaces the pods in each pool, a few at a time.'] : []),
    ...(images.size > 0 && patched.length > 0 ? [`Pools with a patch of their own keep what it sets: ${names}.`] : []),
    ...(added.size > 0 ? [`Pods start in ${[...added.keys()].join(', ')}.`] : []),
    ...(removed.length > 0 ? [`All pods in ${removed.join(', ')} are stopped.`] : []),
  ];
}
