import { copyFile, cp, mkdir, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { aptUpdate, debianMirror, installPackages } from '../testbed/apt.ts';
import { cached, type Say, timed } from '../testbed/cache.ts';
import { chrootIn, mounts, WINE } from './chroot.ts';
import { EDITIONS, overridesOf } from './editions.ts';

/** Where the stand-ins keep what they were told and asked, on the drive. */
export const OWN_FOLDER = 'winbed';

/** Programs of System32 that wine has as stubs, which end with exit code 0, or that know little. */
const REPLACED = ['certutil', 'dism', 'icacls', 'netsh', 'sc', 'schtasks', 'shutdown', 'wevtutil'];
/**
 * Wine starts the first beside each program that has no console, which costs a quarter of a join, the second with each boot; neither
 * is needed.
 */
const REMOVED = ['conhost', 'winemenubuilder'];
/** Services of wine that look for devices with each boot. */
const STOPPED = ['PlugPlay', 'winebus', 'wineusb'];
/** Where the one program goes that answers for all of them, on the drive. */
export const STAND_INS = [
  ...['keep', 'relay'].map((name) => `${OWN_FOLDER}/${name}.exe`),
  ...REPLACED.map((name) => `windows/system32/${name}.exe`),
  'windows/system32/WindowsPowerShell/v1.0/powershell.exe',
];
const PACKAGES = ['debootstrap', 'golang-go', 'util-linux'];
/** The Debian whose wine can run Node.js 26. */
const SUITE = 'trixie';

/** What Windows machines are made from; all of it is in the cache. */
export interface Template {
  /** A Debian with wine. */
  readonly root: string;
  /** Folder with `prefix`, which wine has just made, and a registry for each edition. */
  readonly windows: string;
  /** The program that has all names of stand-ins. */
  readonly standIn: string;
}

let made: Promise<Template> | undefined;

/** On a fresh machine some minutes, afterwards nothing. */
export function template(say: Say): Promise<Template> {
  made ??= make(say);
  return made;
}

async function make(say: Say): Promise<Template> {
  await installPackages(PACKAGES, say);
  const standIn = await compile(say);
  const root = await wine(say);
  return { root, standIn, windows: await windows(say, root) };
}

async function wine(say: Say): Promise<string> {
  return cached('wine-root', { suite: SUITE, packages: ['wine64'] }, (root) =>
    timed(say, `wine of Debian ${SUITE}`, async () => {
      await aptUpdate();
      await execa('debootstrap', ['--variant=minbase', '--include=wine64', SUITE, root, await debianMirror()]);
      for (const folder of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man'])
        await rm(join(root, folder), { recursive: true });
      await mkdir(join(root, 'prefix'));
      await writeFile(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
    }),
  );
}

function compile(say: Say): Promise<string> {
  const source = join(import.meta.dirname, 'programs');
  const what = 'stand-ins for programs of Windows';
  return goProgram(say, what, { name: 'wine-programs', source, system: 'windows', program: 'stand-in.exe' });
}

/** A container runtime for machines of the bed, as a program of this one: its argument is the address to listen on. */
export function runtimeProgram(say: Say): Promise<string> {
  const source = join(import.meta.dirname, 'cri');
  const what = 'a container runtime without containers';
  return goProgram(say, what, { name: 'wine-cri', source, system: 'linux', program: 'cri' });
}

interface GoProgram {
  /** Of the folder in the cache. */
  readonly name: string;
  readonly source: string;
  readonly system: 'linux' | 'windows';
  readonly program: string;
}

async function goProgram(say: Say, what: string, { name, source: cwd, system, program }: GoProgram): Promise<string> {
  const files = (await readdir(cwd)).sort();
  const source = await Promise.all(files.map((file) => readFile(join(cwd, file), 'utf8')));
  const dir = await cached(name, { files, source }, (dir) =>
    timed(say, what, async () => {
      const env = { CGO_ENABLED: '0', GOOS: system, GO111MODULE: 'on', GOFLAGS: '-buildvcs=false' };
      await execa('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', join(dir, program), '.'], { cwd, env });
    }),
  );
  return join(dir, program);
}

async function windows(say: Say, root: string): Promise<string> {
  const overrides = overridesOf({ replaced: REPLACED, removed: REMOVED, stopped: STOPPED });
  const recipe = { root, WINE, EDITIONS, overrides };
  return cached('wine-prefix', recipe, (dir) =>
    timed(say, 'a drive of Windows', async () => {
      const prefix = join(dir, 'prefix');
      const drive = join(prefix, 'drive_c');
      await mkdir(drive, { recursive: true });
      const run = (line: string) =>
        execa('unshare', [
          '-m',
          '-p',
          '-f',
          '--kill-child',
          'sh',
          '-ec',
          `${mounts(root, prefix)}\nexec "$@"`,
          'sh',
          ...chrootIn(root, ['sh', '-ec', line]),
        ]);
      await run(`${WINE} wineboot -i; wineserver -w`);
      await unlink(join(prefix, 'dosdevices/z:'));
      for (const name of REMOVED) await unlink(join(drive, `windows/system32/${name}.exe`));
      await mkdir(join(drive, OWN_FOLDER));
      await writeFile(join(drive, OWN_FOLDER, 'overrides.reg'), overrides);
      await run(`${WINE} reg import 'C:\\${OWN_FOLDER}\\overrides.reg'; wineserver -w`);
      await cp(join(prefix, 'system.reg'), join(dir, 'system.reg'));
      for (const [name, registry] of Object.entries(EDITIONS)) {
        await copyFile(join(dir, 'system.reg'), join(prefix, 'system.reg'));
        await writeFile(join(drive, OWN_FOLDER, 'edition.reg'), registry);
        await run(`${WINE} reg import 'C:\\${OWN_FOLDER}\\edition.reg'; wineserver -w`);
        await copyFile(join(prefix, 'system.reg'), join(dir, `${name}.reg`));
      }
    }),
  );
}
