import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { runDiagnose } from '../cli/diagnose/run.ts';
import { nodeFlags, repeatable } from '../cli/flags.ts';
import { usageError } from '../errors/usage.ts';

/** Nothing is changed: a dry run, and answers to questions, would mean nothing. */
const { 'dry-run': _dryRun, yes: _yes, ...flagsToLook } = nodeFlags;

export default class Diagnose extends BaseCommand {
  static override summary = 'Collect what tells why a node does not work, and name the likely cause.';
  static override description =
    'Changes nothing on the node, works while it is broken, and leaves secrets out. Not as root it takes what it may.';
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
      description: 'the archive (default: ./edgeadm-diagnose-HOST-DATE.tgz); text or json: how the result is shown',
    }),
    html: Flags.string({ helpValue: 'FILE', description: 'write the page on its own, too' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Diagnose);
    const archives = (flags.output ?? []).filter((value) => !/^=?(json|text)$/.test(value));
    const wrong = archives.find((value) => !/\.(tgz|tar\.gz)$/.test(value));
    if (wrong !== undefined)
      throw usageError([`--output: "${wrong}" is neither text nor json, nor does it end in .tgz`]);
    if (archives.length > 1) throw usageError(['--output: one archive can be named, and text or json beside it']);
    const files = { archive: archives[0], html: flags.html };
    const options = { ...flags, 'dry-run': false, yes: false };
    await this.finish(await runDiagnose(options, files, this.host));
  }
}
