import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BundleFile, BundleManifest } from '../../../src/artifacts/bundle.ts';
import { renderManifest } from '../../../src/artifacts/manifest.ts';

export const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

/** A folder for one test file, emptied after it. */
export function temporaryFolder(): { path(name?: string): string } {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-test-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  return { path: (name = '') => join(folder, name) };
}

/** The head of a Linux program, and something to tell it from others. */
export function program(arch: 'amd64' | 'arm64', text = ''): Buffer {
  const head = Buffer.alloc(64);
  head.writeUInt32BE(0x7f454c46, 0);
  head.set([2, 1, 1], 4);
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(arch === 'amd64' ? 62 : 183, 18);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** The head of a Windows program, and something to tell it from others. */
export function windowsProgram(arch: 'amd64' | 'arm64', text = ''): Buffer {
  const head = Buffer.alloc(72);
  head.write('MZ', 0, 'latin1');
  head.writeUInt32LE(64, 0x3c);
  head.write('PE\0\0', 64, 'latin1');
  head.writeUInt16LE(arch === 'amd64' ? 0x8664 : 0xaa64, 68);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** An entry of a tar; types as in its header: 0 file, 1 hard link, 2 symlink, 3 device, 5 folder, 6 FIFO. */
export interface Entry {
  readonly path: string;
  readonly data?: Buffer | string;
  readonly mode?: number;
  readonly type?: string;
  readonly link?: string;
  /** Where the header lies about it. */
  readonly size?: number;
}

/** Packs entries without a second look at them, as an attacker would. */
export function tar(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocks), Buffer.alloc(1024)]);
}

export const tgz = (entries: readonly Entry[]): Buffer => gzipSync(tar(entries));

function blocks({ path, data = '', mode = 0o755, type = '0', link = '', size }: Entry): Buffer[] {
  const body = Buffer.from(data);
  const head = Buffer.alloc(512);
  head.write(path, 0, 100);
  head.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
  head.write('0000000\x000000000\0', 108);
  head.write(`${(size ?? body.length).toString(8).padStart(11, '0')}\0`, 124);
  head.write('00000000000\0        ', 136);
  head.write(type, 156);
  head.write(link, 157, 100);
  head.write('ustar\x0000', 257);
  head.write(
    `${head
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return [head, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
}

/** An archive as `docker save` writes it. */
export function imageTar(names: readonly string[], architecture = 'amd64'): Buffer {
  return tar([
    { path: 'config.json', data: JSON.stringify({ architecture, os: 'linux' }) },
    { path: 'layer.tar', data: `layer of ${names.join()}` },
    {
      path: 'manifest.json',
      data: JSON.stringify([{ Config: 'config.json', RepoTags: names, Layers: ['layer.tar'] }]),
    },
  ]);
}

export const PAUSE = 'registry.k8s.io/pause:3.6';
export const CNI_PROGRAMS = { bridge: program('amd64', 'bridge'), loopback: program('amd64', 'loopback') };

/** What the bundle of the tests holds. */
export const PARTS: Readonly<Record<string, { kind: BundleFile['kind']; data: Buffer; name?: string }>> = {
  kubelet: { kind: 'kubelet', data: program('amd64', 'kubelet '.repeat(40_000)) },
  'cni-plugins.tgz': {
    kind: 'cni-plugins',
    data: tgz([
      { path: './', type: '5' },
      { path: './bridge', data: CNI_PROGRAMS.bridge },
      { path: './loopback', data: CNI_PROGRAMS.loopback },
      { path: './README.md', data: 'read me', mode: 0o644 },
    ]),
  },
  'containerd.tgz': {
    kind: 'containerd',
    data: tgz(
      ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((name) => ({
        path: `bin/${name}`,
        data: program('amd64', name),
      })),
    ),
  },
  runc: { kind: 'runc', data: program('amd64', 'runc') },
  'images/pause.tar': { kind: 'image', data: imageTar([PAUSE]), name: PAUSE },
};

/** The manifest of {@link PARTS}. */
export function manifestOf(changes: Partial<BundleManifest> = {}): BundleManifest {
  const files = Object.entries(PARTS).map(([path, { kind, data, name }]) => ({
    path,
    kind,
    name,
    sha256: sha256(data),
    size: data.length,
  }));
  return { kubernetesVersion: 'v1.20.2', arch: 'amd64', pauseImage: PAUSE, files, ...changes };
}

/** Everything of a bundle by its path, bundle.yaml included. */
export function bundleFiles(changes: Partial<BundleManifest> = {}): Map<string, Buffer> {
  const parts = Object.entries(PARTS).map(([path, { data }]): [string, Buffer] => [path, data]);
  return new Map([['bundle.yaml', Buffer.from(renderManifest(manifestOf(changes)))], ...parts]);
}

export async function writeFiles(folder: string, files: ReadonlyMap<string, Buffer>): Promise<string> {
  for (const [path, data] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), data);
  }
  return folder;
}

/** For assert.rejects: an EdgeadmError of that code whose text holds all of that. */
export function failure(code: string, ...texts: readonly (string | RegExp)[]) {
  return (error: unknown): boolean => {
    const { code: found, what, why, message, next } = error as Record<string, string | undefined>;
    const all = [message, what, why, next].join('\n');
    const missing = texts.filter((text) => (typeof text === 'string' ? !all.includes(text) : !text.test(all)));
    if (found === code && missing.length === 0) return true;
    throw new Error(`expected ${code} with ${texts.join(', ')}; got ${found}: ${all}`, { cause: error });
  };
}
