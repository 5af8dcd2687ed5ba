import { globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Say, timed } from './cache.ts';
import { cacheDir } from './config.ts';

const sources = join(cacheDir, 'apt/sources');
const lists = join(cacheDir, 'apt/lists');

/** The machine's own package sources and lists stay as they are: these take their place for one call. */
const options = [
  'Dir::Etc::SourceList=/dev/null',
  `Dir::Etc::SourceParts=${sources}`,
  `Dir::State::Lists=${lists}`,
  'APT::Sandbox::User=root',
].flatMap((option) => ['-o', option]);

/** apt-get with the test bed's own sources, source packages included. */
export async function aptGet(args: string[], cwd?: string): Promise<string> {
  const { stdout } = await execa('apt-get', [...options, ...args], {
    cwd,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
  return stdout;
}

/** The mirror this machine takes Debian 12 from. */
export async function debianMirror(): Promise<string> {
  const text = await aptGet(['indextargets', '--format', '$(SITE)', 'Codename: bookworm', 'Created-By: Packages']);
  const mirror = text.split('\n')[0];
  if (!mirror) throw new Error(`no Debian 12 mirror among the sources in ${sources}`);
  return mirror;
}

/** Debian's own entries among the machine's sources, with the source packages switched on. */
async function writeSources(): Promise<void> {
  await mkdir(sources, { recursive: true });
  await mkdir(join(lists, 'partial'), { recursive: true });
  const read = (pattern: string) => Promise.all(globSync(pattern).map((file) => readFile(file, 'utf8')));
  const stanzas = (await read('/etc/apt/sources.list.d/*.sources'))
    .flatMap((text) => text.split(/\n{2,}/))
    .filter((stanza) => /^Suites:.*\bbookworm\b/m.test(stanza) && /^Components:.*\bmain\b/m.test(stanza))
    .map((stanza) => stanza.replace(/^Types:.*$/m, 'Types: deb deb-src'));
  const lines = (await read('/etc/apt/{sources.list,sources.list.d/*.list}'))
    .flatMap((text) => text.split('\n'))
    .filter((line) => /^deb\s.*\sbookworm\S*\s.*\bmain\b/.test(line))
    .flatMap((line) => [line, line.replace(/^deb/, 'deb-src')]);
  await writeFile(join(sources, 'debian.sources'), `${stanzas.join('\n\n')}\n`);
  await writeFile(join(sources, 'debian.list'), `${lines.join('\n')}\n`);
}

let updated: Promise<unknown> | undefined;

/** Fetches the package lists, once in a process. */
export function aptUpdate(): Promise<unknown> {
  updated ??= writeSources().then(() => aptGet(['update', '-qq']));
  return updated;
}

async function missing(packages: string[]): Promise<string[]> {
  const format = `\${binary:Package} \${db:Status-Status}\n`;
  const { stdout } = await execa('dpkg-query', ['-W', '-f', format, ...packages], { reject: false });
  const installed = new Set(stdout.split('\n').map((line) => line.replace(/(:\w+)? installed$/, '')));
  return packages.filter((name) => !installed.has(name));
}

/** Installs the Debian packages that are not there yet. */
export async function installPackages(packages: string[], say: Say): Promise<void> {
  const wanted = await missing(packages);
  if (wanted.length === 0) return;
  await timed(say, `Debian packages: ${wanted.join(' ')}`, async () => {
    await aptUpdate();
    await aptGet(['install', '-qy', '--no-install-recommends', ...wanted]);
  });
}
