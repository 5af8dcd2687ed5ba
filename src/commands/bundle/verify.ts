import { Args, Flags } from '@oclif/core';
import type { FileVerdict } from '../../artifacts/verify.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { BUNDLE_SHA256, listFlag } from '../../cli/flags.ts';
import { commandSignal } from '../../cli/signals.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { count } from '../../lib/count.ts';
import { table } from '../../output/index.ts';
import { phaseLog } from '../../workflow/events.ts';

export default class BundleVerify extends BaseCommand {
  static override summary = 'Check a bundle: checksums, architectures and image names.';
  static override description =
    'Exit code 0 if the bundle is valid, 3 if a file is damaged, missing or does not match.';
  static override examples = [
    '<%= config.bin %> bundle verify ./edge-1.20',
    '<%= config.bin %> bundle verify https://files.example.com/edge-1.20 --bundle-sha256 HEX',
  ];
  static override args = { source: Args.string({ required: true, description: 'folder, .tgz or URL' }) };
  static override flags = {
    ...listFlag,
    'bundle-sha256': Flags.string({ helpValue: 'HEX', description: BUNDLE_SHA256 }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(BundleVerify);
    const [{ openBundle }, { verifyBundle }] = await Promise.all([
      import('../../artifacts/open-bundle.ts'),
      import('../../artifacts/verify.ts'),
    ]);
    const output = this.openOutput();
    const { signal, done } = commandSignal(undefined);
    const log = phaseLog((body) => output.emit({ ...body, host: 'localhost', phase: 'bundle', time: Date.now() }));
    const bundle = await openBundle(args.source, { sha256: flags['bundle-sha256'], signal, log });
    try {
      const files = await verifyBundle(bundle);
      const bad = files.filter(({ problem }) => problem !== undefined);
      const { origin, sha256, manifest } = bundle;
      const pin = `\nKubernetes ${manifest.kubernetesVersion}, ${manifest.arch}\nsha256 of bundle.yaml: ${sha256}\n`;
      const shown = {
        data: { origin, sha256, files },
        text: fileTable(files) + pin,
        wide: fileTable(files, true) + pin,
        names: files.map(({ path }) => `file/${path}`),
      };
      await this.show(shown, bad.length === 0 ? undefined : badBundle(origin, bad));
    } finally {
      await bundle.close();
      done();
    }
  }
}

function fileTable(files: readonly FileVerdict[], wide = false): string {
  const rows = files.map(({ path, kind, name, problem, sha256 }) => ({
    path,
    kind,
    name,
    state: problem ? 'bad' : 'ok',
    ...(wide && { sha256 }),
  }));
  return table(rows);
}

function badBundle(origin: string, bad: readonly { path: string; problem?: string }[]): EdgeadmError {
  return new EdgeadmError({
    code: 'BUNDLE_INVALID',
    what: `${count('file', bad.length)} of the bundle ${origin} cannot be used`,
    why: bad.map(({ path, problem }) => `${path}: ${problem}`).join('\n'),
  });
}
