import { Args } from '@oclif/core';
import { changedUnpacked, ownFile, readSums, sha256OfFile } from '../../artifacts/own-file.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { EdgeadmError } from '../../errors/index.ts';

export default class SelfVerify extends BaseCommand {
  static override summary = 'Check that this edgeadm file is the released one.';
  static override description =
    'Compares the SHA-256 of the running file with the SHA256SUMS of its release, and the unpacked files with their own list. Without SHA256SUMS it prints the SHA-256.';
  static override examples = [
    '<%= config.bin %> self verify ./SHA256SUMS',
    '<%= config.bin %> self verify https://files.example.com/edgeadm/SHA256SUMS',
  ];
  static override args = { sums: Args.string({ description: 'SHA256SUMS: file or URL' }) };

  async run(): Promise<void> {
    const { args } = await this.parse(SelfVerify);
    const file = ownFile();
    const [sha256, changed, sums] = await Promise.all([
      sha256OfFile(file),
      changedUnpacked(file),
      args.sums === undefined ? undefined : readSums(args.sums),
    ]);
    if (changed.length > 0) throw unpackedChanged(changed);
    if (sums && !sums.has(sha256)) throw notReleased(file, sha256, args.sums ?? '');
    const released = sums?.get(sha256);
    const text = released === undefined ? `${sha256}  ${file}\n` : `${sha256}  ${file} is ${released}\n`;
    await this.finish({ ok: true, hosts: [], text, data: { file, sha256, released } });
  }
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
