import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { runDiagnose } from '../cli/diagnose/run.ts';
import { nodeFlags, repeatable } from '../cli/flags.ts';
import { usageError } from '../errors/usage.ts';

/** Nothing is changed: a dry run, and answers to questions, would mean nothing. */
const { 'dry-run': _dryRun, yes: _yes, ...flagsToLook } = nodeFlags;

export default class Diagnose extends BaseCommand {
  static override summary = 'Collect diagnostic data from a node and name the likely cause of a failure.';
  static override description =
    'Changes nothing on the node, works on a broken one, and omits secrets. Without root it collects what it can read.';
  static override examples = [
    '<%= config.bin %> diagnose',
    '<%= config.bin %> diagnose --host root@10.0.0.11 --output edge-1.tgz --html edge-1.html',
  ];
  static override flags = {
    ...flagsToLook,
    output: Flags.string({
      ...repeatable,
      char: 'o',
      helpValue: 'FILE.tgz|text|json',
      description: 'archive to write (default: ./edgeadm-diagnose-HOST-DATE.tgz), or output format: text or json',
    }),
    html: Flags.string({ helpValue: 'FILE', description: 'also write the report as an HTML page' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Diagnose);
    const archives = (flags.output ?? []).filter((value) => !/^=?(json|text)$/.test(value));
    const wrong = archives.find((value) => !/\.(tgz|tar\.gz)$/.test(value));
    if (wrong !== undefined)
      throw usageError([`--output: "${wrong}" must be text, json or a file name that ends in .tgz`]);
    if (archives.length > 1) throw usageError(['--output: give at most one archive and one format (text or json)']);
    const files = { archive: archives[0], html: flags.html };
    const options = { ...flags, 'dry-run': false, yes: false };
    await this.finish(await runDiagnose(options, files, this.host));
  }
}
