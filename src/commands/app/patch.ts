import { Args, Flags } from '@oclif/core';
import { appArg, appFlags, imageFlag, imagesOf } from '../../cli/app/flags.ts';
import { patchGiven, refuseOldVersion } from '../../cli/app/patch.ts';
import { appUndo } from '../../cli/app/undo.ts';
import { ChangeCommand, objectChangeFlags } from '../../cli/changes/change-command.ts';
import { nonEmptyName } from '../../cli/flags.ts';
import { usageError } from '../../errors/usage.ts';
import { appChange, appImages, appLayout, appPools, findApp } from '../../phases/app/app.ts';

export default class AppPatch extends ChangeCommand {
  static override summary = 'Override settings of an application in one node pool, such as its image.';
  static override description =
    'UnitedDeployment takes a strategic merge patch of the workload, YurtAppSet v1beta1 a list of operations; --image works with both. --patch replaces the patch of the pool, --image keeps it. Works in ACK@Edge clusters from 1.18 on. User guide: chapter 3.2, Cell-based management at the edge.';
  static override examples = [
    '<%= config.bin %> app patch web edge --image registry.shop.example/nginx:1.19.3',
    '<%= config.bin %> app patch web edge --patch @edge.yaml',
    '<%= config.bin %> app patch web edge --clear',
  ];
  static override args = {
    ...appArg,
    pool: Args.string({ required: true, parse: nonEmptyName('POOL'), description: 'node pool' }),
  };
  static override flags = {
    ...objectChangeFlags,
    ...appFlags,
    image: imageFlag('image in this pool only (repeatable)'),
    patch: Flags.string({
      helpValue: 'JSON',
      description: 'patch of the workload in this pool; @FILE reads it from a file, JSON or YAML',
    }),
    clear: Flags.boolean({
      description: 'remove all overrides of the pool; with --patch or --image, before setting the new ones',
    }),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(AppPatch);
    const { image, namespace, kind, clear } = flags;
    if (!image && flags.patch === undefined && !clear)
      throw usageError(['nothing to patch: use --image, --patch or --clear']);
    const given = flags.patch === undefined ? undefined : await patchGiven(flags.patch);
    await this.change(flags, async (client, signal) => {
      await refuseOldVersion(client, signal);
      const app = await findApp(client, { namespace, name: args.name, kind }, signal);
      const mistakes: string[] = [];
      const images = imagesOf(image, [...appImages(app).keys()], (mistake) => mistakes.push(mistake));
      const mistake = given === undefined ? undefined : appLayout(app.api).refusePatch(given);
      if (mistake) mistakes.push(`--patch: ${mistake} (${app.api.kind} ${app.api.version})`);
      if (mistakes.length > 0) throw usageError(mistakes);
      const before = clear ? undefined : appPools(app).find(({ name }) => name === args.pool)?.patch;
      const all = new Map([...(before?.images ?? []), ...images]);
      const rest = given ?? before?.rest;
      const patch = all.size > 0 || rest !== undefined ? { images: all, rest } : undefined;
      const patches = new Map([[args.pool, patch]]);
      return {
        changes: [appChange(app, { patches })],
        onChange: [`The controller replaces the pods in ${args.pool}, a few at a time; other pools stay as they are.`],
        undo: appUndo(app, { patches }),
        question: `Replace the pods of ${args.name} in ${args.pool}?`,
        isRendered: true,
      };
    });
  }
}
