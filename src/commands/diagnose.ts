import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { kubeconfigFlagFor, optionalKubeconfig } from '../cli/cluster-access.ts';
import { diagnoseFiles } from '../cli/diagnose/files.ts';
import { runDiagnose } from '../cli/diagnose/run.ts';
import { nodeFlags, repeatable } from '../cli/flags.ts';

/** Nothing is changed: a dry run, and answers to questions, would mean nothing. */
const { 'dry-run': _dryRun, yes: _yes, ...flagsToLook } = nodeFlags;

export default class Diagnose extends BaseCommand {
  static override summary = 'Collect diagnostic data from a node and name the likely cause of a failure.';
  static override description =
    'Changes nothing on the node, works on a broken one, and omits secrets. Without root it collects what it can read.';
  static override examples = [
    '<%= config.bin %> diagnose',
    '<%= config.bin %> diagnose --host root@10.0.0.11 --output edge-1.tgz --html edge-1.html',
    '<%= config.bin %> diagnose --encrypt @recipients.txt',
  ];
  static override flags = {
    ...flagsToLook,
    output: Flags.string({
      ...repeatable,
      char: 'o',
      helpValue: 'FILE.tgz|text|json|yaml',
      description: 'archive to write (default: ./edgeadm-diagnose-HOST-DATE.tgz), or output format: text, json or yaml',
    }),
    html: Flags.string({ helpValue: 'FILE', description: 'also write the report as an HTML page' }),
    kubeconfig: kubeconfigFlagFor(
      "administrator kubeconfig; without one, edgeadm uses the node's own credentials, which cannot read events",
    ),
    encrypt: Flags.string({
      ...repeatable,
      helpValue: 'age1...|@FILE',
      description: 'encrypt the archive for this age recipient, or for those in a file (repeatable)',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Diagnose);
    const files = { ...(await diagnoseFiles(flags)), kubeconfig: optionalKubeconfig(flags.kubeconfig) };
    const options = { ...flags, 'dry-run': false, yes: false };
    await this.finish(await runDiagnose(options, files, this.host));
  }
}
