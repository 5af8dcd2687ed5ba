import { Args } from '@oclif/core';
import { changedUnpacked, ownFile, readSums, sha256OfFile } from '../../artifacts/own-file.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { EdgeadmError } from '../../errors/index.ts';

export default class SelfVerify extends BaseCommand {
  static override summary = 'Check that this edgeadm file is the released one.';
  static override description =
    'Compares the SHA-256 of the running file with the SHA256SUMS of its release, and the unpacked files with their own list.';
  static override examples = [
    '<%= config.bin %> self verify ./SHA256SUMS',
    '<%= config.bin %> self verify https://files.example.com/edgeadm/SHA256SUMS',
  ];
  static override args = {
    sums: Args.string({ description: 'SHA256SUMS of the release: file or URL; without it, nothing is verified' }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(SelfVerify);
    const file = ownFile();
    const [sha256, changed] = await Promise.all([sha256OfFile(file), changedUnpacked(file)]);
    if (changed.length > 0) throw unpackedChanged(changed);
    if (args.sums === undefined) throw sumsMissing(file, sha256);
    const released = (await readSums(args.sums)).get(sha256);
    if (released === undefined) throw notReleased(file, sha256, args.sums);
    const text = `${file}: OK, it is ${released} (SHA-256 ${sha256})\n`;
    await this.finish({ ok: true, hosts: [], text, data: { file, sha256, released } });
  }
}

/** A hash alone verifies nothing. */
function sumsMissing(file: string, sha256: string): EdgeadmError {
  return new EdgeadmError({
    code: 'USAGE',
    what: 'the SHA256SUMS file of the release is required: without it nothing can be verified',
    why: `SHA-256 of ${file}: ${sha256}`,
    next: 'edgeadm self verify ./SHA256SUMS   (or its URL)',
  });
}

function notReleased(file: string, sha256: string, source: string): EdgeadmError {
  return new EdgeadmError({
    code: 'PROGRAM_CHANGED',
    what: `${file} is not a file of that release`,
    why: `its SHA-256 is ${sha256}, which is not in ${source.replace(/\?.*$/, '')}`,
  });
}

function unpackedChanged(names: readonly string[]): EdgeadmError {
  return new EdgeadmError({
    code: 'PROGRAM_CHANGED',
    what: 'the files that edgeadm unpacked have been modified',
    why: names.join(', '),
    next: `rm -r ${process.execPath.replace(/\/[^/]*$/, '')}; the next start unpacks them again`,
  });
}
