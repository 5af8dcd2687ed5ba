import { Args, Flags } from '@oclif/core';
import { dump } from 'js-yaml';
import { BaseCommand } from '../../cli/base-command.ts';
import { nonEmptyName } from '../../cli/flags.ts';
import { manifestsIn } from '../../cli/manifests/read.ts';
import { usageError } from '../../errors/usage.ts';
import { labelGang, podCount, templatesOfAll } from '../../phases/gang/label.ts';

export default class GangLabel extends BaseCommand {
  static override summary = 'Label the pods of manifests as one group that is scheduled as a whole, or not at all.';
  static override description =
    'Prints the manifests with the labels in every pod template, TFJobs and other custom resources included; comments are lost. Needs a Pro cluster of Kubernetes 1.16 or newer, and the same priority for all pods. User guide: chapter 5.3.1, Gang scheduling.';
  static override examples = [
    '<%= config.bin %> gang label job.yaml --group smoke | kubectl apply -f -',
    '<%= config.bin %> gang label job.yaml --group smoke --min-available 3',
  ];
  static override args = {
    file: Args.string({ required: true, parse: nonEmptyName('FILE'), description: 'manifests; - is standard input' }),
  };
  static override flags = {
    group: Flags.string({ required: true, helpValue: 'NAME', description: 'name of the group' }),
    'min-available': Flags.integer({
      min: 1,
      helpValue: 'N',
      description: 'number of pods that must be scheduled together; default: all',
    }),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(GangLabel);
    const { group, 'min-available': minAvailable } = flags;
    const objects = await manifestsIn(args.file);
    const templates = templatesOfAll(objects);
    const pods = podCount(templates);
    const mistakes: string[] = [];
    // A label value. See Kubernetes, "Labels and Selectors".
    if (!/^[a-z0-9A-Z]([-\w.]{0,61}[a-z0-9A-Z])?$/.test(group))
      mistakes.push(`--group: "${group}" cannot be the value of a label`);
    if (templates.length === 0) mistakes.push(`FILE: ${args.file}: no pod template found`);
    if (minAvailable !== undefined && templates.length > 0 && minAvailable > pods)
      mistakes.push(
        `--min-available: ${minAvailable} is more than the ${pods} pods of these manifests: they would wait forever`,
      );
    if (mistakes.length > 0) throw usageError(mistakes);
    const labelled = labelGang(objects, group, minAvailable);
    const text = labelled.objects.map((object) => dump(object, { lineWidth: -1 })).join('---\n');
    const { templates: places, ...counts } = labelled;
    await this.show({ data: { group, ...counts, templates: places }, text, verbatim: true });
  }
}
