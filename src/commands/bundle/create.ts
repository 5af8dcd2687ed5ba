import { Args, Flags } from '@oclif/core';
import type { BundlePart } from '../../artifacts/create-bundle.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { repeatable } from '../../cli/flags.ts';
import { commandSignal } from '../../cli/signals.ts';
import { EdgeadmError, ERROR_CODES } from '../../errors/index.ts';
import { count } from '../../lib/count.ts';
import { formatBytes } from '../../lib/format-bytes.ts';
import { table } from '../../output/index.ts';
import { phaseLog } from '../../workflow/events.ts';

export default class BundleCreate extends BaseCommand {
  static override summary = 'Create a bundle: a folder with everything a node needs, and its checksums.';
  static override description =
    'Copies the files, checks that they match the architecture, and writes bundle.yaml. Prints the SHA-256 of bundle.yaml for `join --bundle-sha256`.';
  static override examples = [
    '<%= config.bin %> bundle create ./edge-1.20 --kubernetes-version v1.20.2 --kubelet ./kubelet --cni-plugins ./cni-plugins-linux-amd64-v1.5.0.tgz --image ./pause.tar --pause-image registry.k8s.io/pause:3.6',
  ];
  static override args = { directory: Args.string({ required: true, description: 'folder to create' }) };
  static override flags = {
    'kubernetes-version': Flags.string({ required: true, helpValue: 'v1.20.2', description: 'version of the kubelet' }),
    kubelet: Flags.string({ required: true, helpValue: 'FILE', description: 'kubelet program' }),
    kubectl: Flags.string({ helpValue: 'FILE', description: 'kubectl program' }),
    'cni-plugins': Flags.string({ helpValue: 'TGZ', description: 'archive of the CNI plug-ins, as released upstream' }),
    containerd: Flags.string({ helpValue: 'TGZ', description: 'archive of containerd, as released upstream' }),
    runc: Flags.string({ helpValue: 'FILE', description: 'runc program' }),
    yurthub: Flags.string({
      helpValue: 'FILE',
      description: 'yurthub program, for an edge-hub that runs as a service',
    }),
    image: Flags.string({
      ...repeatable,
      helpValue: '[NAME=]TAR',
      description:
        'archive from `docker save` or `ctr images export` (repeatable); NAME selects one if it contains several images',
    }),
    'edge-hub-image': Flags.string({ helpValue: 'NAME', description: 'edge-hub image' }),
    'edge-hub-flavor': Flags.option({ options: ['ack', 'openyurt'] as const, description: 'edge-hub variant' })(),
    'edge-hub-version': Flags.string({
      helpValue: 'V',
      description: 'version of the yurthub program; default: as the program reports it',
    }),
    'pause-image': Flags.string({ helpValue: 'NAME', description: 'pause image of the pod sandbox' }),
    arch: Flags.option({
      options: ['amd64', 'arm64'] as const,
      default: 'amd64' as const,
      description: 'architecture of the nodes',
    })(),
    os: Flags.option({
      options: ['linux', 'windows'] as const,
      default: 'linux' as const,
      description: 'operating system of the nodes',
    })(),
    tgz: Flags.string({ helpValue: 'OUT', description: 'also write the folder as one .tgz' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(BundleCreate);
    const { createBundle } = await import('../../artifacts/create-bundle.ts');
    const output = this.openOutput();
    const { signal, done } = commandSignal(undefined);
    const log = phaseLog((body) => output.emit({ ...body, host: 'localhost', phase: 'bundle', time: Date.now() }));
    const programs = (['kubelet', 'kubectl', 'cni-plugins', 'containerd', 'runc', 'yurthub'] as const).flatMap(
      (kind) => {
        const source = flags[kind];
        return source === undefined ? [] : [{ kind, source }];
      },
    );
    const { manifest, sha256 } = await createBundle({
      directory: args.directory,
      kubernetesVersion: flags['kubernetes-version'],
      arch: flags.arch,
      ...(flags.os === 'windows' && { os: flags.os }),
      parts: [...programs, ...(flags.image ?? []).map(imagePart)],
      edgeHubImage: flags['edge-hub-image'],
      edgeHubFlavor: flags['edge-hub-flavor'],
      edgeHubVersion: flags['edge-hub-version'],
      pauseImage: flags['pause-image'],
      tgz: flags.tgz,
      signal,
      log,
    })
      .catch(explainPart)
      .finally(done);
    const rows = manifest.files.map(({ path, kind, name, size = 0 }) => ({
      path,
      kind,
      name,
      size: formatBytes(size),
    }));
    const total = formatBytes(manifest.files.reduce((sum, { size = 0 }) => sum + size, 0));
    const text = [
      table(rows),
      `sha256 of bundle.yaml: ${sha256}`,
      `Written: ${[args.directory, flags.tgz].filter(Boolean).join(' and ')} (${count('file', rows.length)}, ${total})`,
      `next: edgeadm join API-SERVER --bundle ${flags.tgz ?? args.directory} ...`,
      '',
    ].join('\n');
    await this.finish({
      ok: true,
      hosts: [],
      text,
      data: { sha256, directory: args.directory, tgz: flags.tgz, manifest },
    });
  }
}

/** The advice for a damaged bundle does not help while one is being made: one of its files is the cause. */
function explainPart(error: Error): never {
  if (!(error instanceof EdgeadmError) || error.next !== ERROR_CODES.BUNDLE_INVALID.remedy) throw error;
  const next = 'replace that file or change the flag that names it, then run the same command again';
  throw new EdgeadmError({ ...error.toJSON(), next, cause: error });
}

/** References have no `=`, so the first one ends the name. */
function imagePart(text: string): BundlePart {
  const at = text.indexOf('=');
  return at > 0
    ? { kind: 'image', name: text.slice(0, at), source: text.slice(at + 1) }
    : { kind: 'image', source: text };
}
