import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import {
  copyFile,
  cp,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa, type ResultPromise } from 'execa';
import type { ProgramResult } from '../../src/host/machine.ts';
import { photograph } from '../integration/workflow-bed/photograph.ts';
import { chrootIn, mounts, WINE } from './chroot.ts';
import type { Edition } from './editions.ts';
import { OWN_FOLDER, STAND_INS, type Template } from './template.ts';

const OWN = `C:\\${OWN_FOLDER}`;
/** What belongs to the bed or to wine, and the log of edgeadm, which stays. */
const NOT_OF_THE_MACHINE =
  /^\/(winbed|windows\/system32\/(certutil|dism|icacls|netsh|sc|schtasks|shutdown|wevtutil|WindowsPowerShell\/v1.0\/powershell)\.exe|windows\/temp|windows\/logs|users\/root\/(AppData\/Local\/)?Temp)(\/|$)/i;
/** Keys whose content must be the same before a join and after a reset. */
const KEYS = ['HKLM\\SYSTEM\\CurrentControlSet\\Services', 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager'];

/** Between two looks at what a program has written. Milliseconds. */
const LOOK_EVERY_MS = 20;

/** Called again and again with all that a program has written. */
type OnOutput = (text: string) => Promise<void>;

interface CallOptions {
  readonly onOutput?: OnOutput;
  readonly input?: string | Buffer;
}

interface MachineOptions {
  readonly edition?: Edition;
  readonly name?: string;
  /** A network namespace of this machine to put it into; its own network unless given. */
  readonly network?: string;
}

/** Each program of wine asks its server again and again; beside other tests the server would wait for a core each time. */
const SERVER = 'nice -n -10 wineserver -p0';

/** The first process of a machine, whose output is not kept. */
const HOLDER = { buffer: false, reject: false, stdin: 'ignore' } as const;

/** A Windows machine: wine with a drive and a registry of its own, its processes and its name. */
export class WineWindows {
  readonly name: string;
  readonly #folder: string;
  readonly #template: Template;
  readonly #network: string | undefined;
  #holder: ResultPromise<typeof HOLDER> | undefined;
  #pid = 0;

  private constructor(folder: string, template: Template, name: string, network: string | undefined) {
    this.#folder = folder;
    this.#template = template;
    this.name = name;
    this.#network = network;
  }

  static async make(template: Template, { edition = 'server-2019', name = 'WIN-EDGE1', network }: MachineOptions = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-winbed-'));
    const windows = new WineWindows(folder, template, name, network);
    for (const part of ['upper/drive_c', 'work', 'prefix']) await mkdir(join(folder, part), { recursive: true });
    await copyFile(join(template.windows, `${edition}.reg`), join(folder, 'upper/system.reg'));
    await windows.#putStandIns();
    for (const [file, text] of Object.entries({ 'dism.state': 'Enabled', 'wevtutil.code': '0' }))
      await windows.tell(file, text);
    await windows.start();
    return windows;
  }

  /** Boots it: services that start by themselves do. */
  async start(): Promise<void> {
    const { root, windows } = this.#template;
    const prefix = join(this.#folder, 'prefix');
    const layers = `lowerdir=${windows}/prefix,upperdir=${this.#folder}/upper,workdir=${this.#folder}/work`;
    const lines = [
      `hostname ${this.name}`,
      `mount -t overlay -o '${layers}' overlay '${prefix}'`,
      mounts(root, prefix),
      'exec "$@"',
    ];
    // The first process ends all others with itself: it has to outlive wine's server, which saves the registry last.
    const keep = chrootIn(root, ['sh', '-c', `${SERVER}; ${WINE} '${OWN}\\keep.exe'; wineserver -w`]);
    const network = this.#network === undefined ? [] : ['nsenter', `--net=/run/netns/${this.#network}`];
    const own = ['unshare', '--mount', '--pid', '--uts', '--fork', '--kill-child'];
    const words = [...network, ...own, 'sh', '-ec', lines.join('\n'), 'sh', ...keep];
    const holder = execa('setpriv', ['--pdeathsig', 'KILL', ...words], HOLDER);
    this.#holder = holder;
    const { pid, stdout } = holder;
    // keep.exe reports that it runs.
    await new Promise((resolve) => stdout.once('data', resolve));
    stdout.resume();
    this.#pid = Number.parseInt(await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'), 10);
  }

  /** Shuts it down and boots it. */
  async reboot(): Promise<void> {
    await this.#inside(['wineserver', '-k']).catch(() => {});
    await this.#holder;
    this.#pid = 0;
    const feature = await this.told('dism.state');
    if (feature === 'Enable Pending') await this.tell('dism.state', 'Enabled');
    await this.start();
  }

  run(file: string, args: readonly string[] = [], onOutput?: OnOutput): Promise<ProgramResult> {
    return this.#relay(randomBytes(8).toString('hex'), [file, ...args], { onOutput });
  }

  /** Runs a command line, which Windows gets as it is. */
  async runLine(line: string, options: CallOptions = {}): Promise<ProgramResult> {
    const id = randomBytes(8).toString('hex');
    await this.tell(`${id}.line`, line);
    try {
      return await this.#relay(id, [], options);
    } finally {
      await rm(this.place(`/${OWN_FOLDER}/${id}.line`));
    }
  }

  /** Runs a program, and learns its whole exit code, of which Linux has eight bits. */
  async #relay(id: string, words: readonly string[], options: CallOptions): Promise<ProgramResult> {
    const { stdout, stderr } = await this.#inside([WINE, `${OWN}\\relay.exe`, id, ...words], options);
    const exitCode = Number((await this.told(`${id}.exit`)) ?? -1);
    await rm(this.place(`/${OWN_FOLDER}/${id}.exit`), { force: true });
    return { exitCode, stdout, stderr };
  }

  /** Puts what a stand-in reads. */
  async tell(name: string, text: string): Promise<void> {
    await this.put(`/${OWN_FOLDER}/${name}`, text);
  }

  async told(name: string): Promise<string | undefined> {
    return readFile(this.place(`/${OWN_FOLDER}/${name}`), 'utf8').catch(() => undefined);
  }

  async put(path: string, content: string | Buffer | { readonly from: string }): Promise<void> {
    const place = this.place(path);
    await mkdir(dirname(place), { recursive: true });
    const isContent = typeof content === 'string' || Buffer.isBuffer(content);
    await (isContent ? writeFile(place, content) : cp(content.from, place, { recursive: true }));
  }

  /** Where a file of its drive is on this machine, as long as it runs. */
  place(path: string): string {
    const prefix = this.#pid === 0 ? `${this.#folder}/upper` : `/proc/${this.#pid}/root/prefix`;
    return `${prefix}/drive_c${path}`;
  }

  /** The same for a path in the letters of any case, as Windows finds it. */
  find(path: string): string {
    return path.split('/').reduce((folder, name) => {
      const exact = join(folder, name);
      if (existsSync(exact) || !existsSync(folder)) return exact;
      const same = readdirSync(folder).find((other) => other.toLowerCase() === name.toLowerCase());
      return same === undefined ? exact : join(folder, same);
    }, this.place(''));
  }

  /** Every call of a stand-in, its name first. */
  async calls(): Promise<string[][]> {
    const lines = ((await this.told('calls.log')) ?? '').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as string[]);
  }

  /** Files that were not there when it was made, and what the registry says of services. */
  async photograph(): Promise<Readonly<Record<string, string>>> {
    const found = await photograph(join(this.#folder, 'upper/drive_c'));
    const photo: Record<string, string> = {};
    for (const [path, what] of Object.entries(found)) {
      const inTemplate = await lstat(join(this.#template.windows, 'prefix/drive_c', path)).catch(() => undefined);
      const oldFolder = what.startsWith('folder') && inTemplate?.isDirectory();
      if (!oldFolder && !NOT_OF_THE_MACHINE.test(path)) photo[path] = what;
    }
    for (const [index, key] of KEYS.entries()) {
      await this.run('C:\\Windows\\System32\\reg.exe', ['export', key, `${OWN}\\key${index}.reg`, '/y']);
      photo[key] = await readFile(this.place(`/${OWN_FOLDER}/key${index}.reg`), 'utf16le');
    }
    return photo;
  }

  /** Ends all processes of a program without a word to them. */
  async kill(file: string): Promise<void> {
    const space = await readlink(`/proc/${this.#pid}/ns/pid`);
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const its = await readlink(`/proc/${pid}/ns/pid`).catch(() => undefined);
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (its === space && words.startsWith(`${file}\0`)) process.kill(Number(pid), 'SIGKILL');
    }
  }

  /** Cuts its power. Of the registry is left what wine has saved by itself, or what it was told to, if that is newer. */
  async powerOff(): Promise<void> {
    this.#holder?.kill('SIGKILL');
    await this.#holder;
    this.#pid = 0;
    const saved = join(this.#folder, 'upper/system.reg');
    const flushed = this.place(`/${OWN_FOLDER}/flushed.reg`);
    if (existsSync(flushed) && statSync(flushed).mtimeMs > statSync(saved).mtimeMs) await copyFile(flushed, saved);
  }

  async remove(): Promise<void> {
    await this.powerOff();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #putStandIns(): Promise<void> {
    const original = `${this.#folder}/stand-in.exe`;
    await copyFile(this.#template.standIn, original);
    for (const path of STAND_INS) {
      await mkdir(dirname(this.place(`/${path}`)), { recursive: true });
      await link(original, this.place(`/${path}`));
    }
  }

  /** Its output goes to files: what wine starts beside a program inherits a pipe, and keeps it open. */
  async #inside(command: readonly string[], { onOutput, input = '' }: CallOptions = {}) {
    const folder = await mkdtemp(join(this.#folder, 'call-'));
    await writeFile(join(folder, 'in'), input);
    const words = chrootIn(this.#template.root, command);
    const files = await Promise.all(
      ['in', 'out', 'err'].map((name) => open(join(folder, name), name === 'in' ? 'r' : 'w')),
    );
    const enter = ['--mount', '--pid', '--uts', '--net', '-t', String(this.#pid), ...words];
    const ended = once(spawn('nsenter', enter, { stdio: files.map(({ fd }) => fd) }), 'exit');
    if (onOutput) await watch(join(folder, 'out'), ended, onOutput);
    await ended;
    for (const file of files) await file.close();
    const [said, failed] = await Promise.all(['out', 'err'].map((name) => readFile(join(folder, name), 'utf8')));
    await rm(folder, { recursive: true });
    return { stdout: said ?? '', stderr: failed ?? '' };
  }
}

/** Tells, until a program has ended, what it has written so far. */
async function watch(file: string, ended: Promise<unknown>, tell: OnOutput): Promise<void> {
  let runs = true;
  void ended.then(() => {
    runs = false;
  });
  while (runs) {
    await tell(await readFile(file, 'utf8'));
    await delay(LOOK_EVERY_MS);
  }
}
