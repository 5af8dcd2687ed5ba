import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { dialLocally } from '../../../../src/host/local-dial.ts';
import type { CommandOptions, Machine, Network, ProgramResult } from '../../../../src/host/machine.ts';
import { localDrives } from '../../../../src/host/windows/drive-files.ts';
import { windowsMachine } from '../../../../src/host/windows/machine.ts';
import { toNativePath } from '../../../../src/host/windows/paths.ts';
import { sha256Of } from '../../../../src/lib/sha256.ts';

/** A service as the manager of a fake Windows has it. */
export interface FakeService {
  state: 'stopped' | 'running';
  win32ExitCode: number;
}

type Answer = Partial<ProgramResult>;
type Program = (args: readonly string[], options: CommandOptions) => Answer | Promise<Answer>;

export interface FakeWindowsOptions {
  /** In the language of the system: what is not a number must not matter. */
  readonly german?: boolean;
  readonly elevated?: boolean;
  readonly freeBytes?: number;
  readonly build?: {
    readonly number: string;
    readonly revision: number;
    readonly product: string;
    readonly type: string;
  };
  /** Programs of System32 that answer otherwise, or are not faked here. */
  readonly programs?: Readonly<Record<string, Program>>;
  /** Called once the manager has started a service, with its command; what it throws, the service ends with. */
  readonly onStart?: (name: string, command: string) => Promise<void> | void;
  readonly onStop?: (name: string) => Promise<void> | void;
  readonly network?: Network;
  /** What listens on the pipe of containerd while its service runs. */
  readonly containerd?: () => Promise<Duplex>;
  /** What listens on a port of the machine while a service runs: the port of a server of the test. */
  readonly listeners?: Readonly<Record<number, { readonly service: string; readonly port: number }>>;
}

const NETWORK: Network = {
  interfaces: [{ name: 'Ethernet', up: true, addresses: ['127.0.0.1/8', '10.0.0.5/24'] }],
  routes: [{ destination: '0.0.0.0/0', interface: 'Ethernet', source: '10.0.0.5', metric: 0 }],
};
const SERVICES = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\';
const RULES = `${SERVICES}SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules`;
const SERVER_2019 = { number: '17763', revision: 4444, product: 'Windows Server 2019 Datacenter', type: 'Server' };
const PRIVATE = 'D:PAI(A;;FA;;;SY)(A;;FA;;;BA)';
const INHERITED = 'D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1301bf;;;AU)';

/** A Windows machine whose drive is a folder, and whose programs of System32 answer as the real ones are known to. */
export class FakeWindows {
  readonly root: string;
  /** `key\name` to type and data, without regard to case of keys. */
  readonly registry = new Map<string, { key: string; type: string; data: string }>();
  readonly services = new Map<string, FakeService>();
  /** Definitions of scheduled tasks, by name. */
  readonly tasks = new Map<string, string>();
  /** Lists of access that were set, by the path of Windows in lower case. */
  readonly lists = new Map<string, string>();
  /** Every program that was run, as one line. */
  readonly calls: string[] = [];
  readonly #options: FakeWindowsOptions;
  #locked = false;
  #replaced: FakeWindowsOptions['programs'] = {};

  private constructor(root: string, options: FakeWindowsOptions) {
    this.root = root;
    this.#options = options;
    const { number, revision, product, type } = options.build ?? SERVER_2019;
    const version = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion';
    this.set(version, 'CurrentBuild', 'REG_SZ', number);
    this.set(version, 'UBR', 'REG_DWORD', `0x${revision.toString(16)}`);
    this.set(version, 'CurrentMajorVersionNumber', 'REG_DWORD', '0xa');
    this.set(version, 'ProductName', 'REG_SZ', product);
    this.set(version, 'EditionID', 'REG_SZ', 'ServerDatacenter');
    this.set(version, 'InstallationType', 'REG_SZ', type);
    this.set(
      'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment',
      'PROCESSOR_ARCHITECTURE',
      'REG_SZ',
      'AMD64',
    );
    if (options.elevated ?? true) this.set('HKU\\S-1-5-19\\Environment', 'TEMP', 'REG_EXPAND_SZ', '%USERPROFILE%');
    this.addService('W32Time', 'C:\\Windows\\System32\\svchost.exe -k LocalService', 'running');
  }

  static async make(options: FakeWindowsOptions = {}): Promise<FakeWindows> {
    const root = await mkdtemp(join(tmpdir(), 'edgeadm-windows-'));
    for (const folder of ['Windows/System32', 'Windows/Temp', 'ProgramData', 'Program Files', 'Users'])
      await mkdir(join(root, folder), { recursive: true });
    const windows = new FakeWindows(root, options);
    for (const name of Object.keys(windows.#programs)) await windows.put(`C:\\Windows\\System32\\${name}`, '');
    return windows;
  }

  machine(): Machine {
    return windowsMachine({
      name: 'localhost',
      systemDrive: 'C:',
      root: this.root,
      exec: (file, args, options) => this.run(file, args, options ?? {}),
      drives: localDrives(),
      connect: async (address, options) => {
        const { containerd } = this.#options;
        const isPipe = 'socket' in address && address.socket === '\\\\.\\pipe\\containerd-containerd';
        const runs = this.services.get('containerd')?.state === 'running';
        if (isPipe && containerd && runs) return containerd();
        const listener = 'port' in address ? this.#options.listeners?.[address.port] : undefined;
        if (!listener) return dialLocally(address, options);
        if (this.services.get(listener.service)?.state === 'running')
          return dialLocally({ host: '127.0.0.1', port: listener.port }, options);
        throw new Error('connect ECONNREFUSED');
      },
      lock: async () => this.#lock(),
      clock: async () => ({ now: Date.now(), uncertaintyMs: 0 }),
      hardware: async () => ({
        cpus: 4,
        memoryBytes: 8 * 1024 ** 3,
        systemDrive: { freeBytes: this.#options.freeBytes ?? 80e9, totalBytes: 100e9 },
      }),
      network: async () => this.#options.network ?? NETWORK,
      close: async () => {},
      everyMs: 1,
    });
  }

  /** Where a path of Windows is here. */
  place(path: string): string {
    return path.replaceAll('\\', '/').replace(/^[Cc]:/, this.root);
  }

  async put(path: string, content: string): Promise<void> {
    await mkdir(dirname(this.place(path)), { recursive: true });
    await writeFile(this.place(path), content);
  }

  set(key: string, name: string, type: string, data: string): void {
    this.registry.set(`${key}\\${name}`, { key, type, data });
  }

  addService(name: string, command: string, state: FakeService['state'] = 'stopped', start = '0x2'): void {
    this.set(SERVICES + name, 'ImagePath', 'REG_EXPAND_SZ', command);
    this.set(SERVICES + name, 'Start', 'REG_DWORD', start);
    this.services.set(name.toLowerCase(), { state, win32ExitCode: state === 'running' ? 0 : 1077 });
  }

  /** Registry, services, tasks and rules, for a comparison with what was there before. */
  state(): Readonly<Record<string, unknown>> {
    return {
      registry: Object.fromEntries([...this.registry].sort(([a], [b]) => (a < b ? -1 : 1))),
      services: Object.fromEntries([...this.services].map(([name, { state }]) => [name, state])),
      tasks: [...this.tasks.keys()],
    };
  }

  /** Programs answer otherwise from now on. */
  reboot(programs: FakeWindowsOptions['programs'] = {}): void {
    this.#replaced = programs;
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }

  #lock() {
    if (this.#locked) return undefined;
    this.#locked = true;
    return {
      release: async () => {
        this.#locked = false;
      },
    };
  }

  /** A program by its full path. */
  async run(file: string, args: readonly string[], options: CommandOptions = {}): Promise<ProgramResult> {
    this.calls.push([file, ...args].join(' '));
    const name = file.slice(file.lastIndexOf('\\') + 1).toLowerCase();
    const own = this.#replaced?.[name] ?? this.#options.programs?.[name];
    const isSystems = /^C:\\Windows\\System32\\/i.test(file);
    const program = own ?? (isSystems ? this.#programs[name] : undefined);
    if (!program) return { exitCode: 127, stdout: '', stderr: `${file}: not found` };
    return { exitCode: 0, stdout: '', stderr: '', ...(await program(args, options)) };
  }

  readonly #programs: Readonly<Record<string, Program>> = {
    'hostname.exe': () => ({ stdout: 'WIN-EDGE1\r\n' }),
    'reg.exe': ([verb, key = '']) => (verb === 'query' ? this.#query(key) : { exitCode: 1 }),
    'sc.exe': (args) => this.#serviceControl(args),
    'icacls.exe': (args) => this.#icacls(args),
    'netsh.exe': (args) => this.#netsh(args),
    'schtasks.exe': (args) => this.#scheduler(args),
    'shutdown.exe': () => ({}),
    'dism.exe': () => ({ stdout: 'Feature Name : Containers\r\nState : Enabled\r\n' }),
    'wevtutil.exe': () => ({ stdout: '' }),
    'cmd.exe': ([, , ...words]) => this.#command(words),
    'certutil.exe': async ([, path = '']) => ({
      stdout: `SHA256-Hash von ${path}:\r\n${sha256Of(await readFile(this.place(path)))}\r\nCertUtil: ok\r\n`,
    }),
    'powershell.exe': (args) => this.#powerShell(Buffer.from(args.at(-1) ?? '', 'base64').toString('utf16le')),
  };

  async #scheduler([verb, , name = '', ...rest]: readonly string[]): Promise<Answer> {
    const found = this.tasks.get(name);
    if (verb === '/create') {
      const definition = (await readFile(this.place(rest[1] ?? ''))).toString('utf16le');
      if (!/^\ufeff<\?xml version="1\.0" encoding="UTF-16"\?>/.test(definition)) return { exitCode: 1 };
      this.tasks.set(name, definition.slice(1));
      return {};
    }
    if (found === undefined) return { exitCode: 1, stderr: 'ERROR: The system cannot find the file specified.' };
    if (verb === '/query') return { stdout: found.replace('<Settings>', '<Settings>\r\n    <Hidden>false</Hidden>') };
    return this.tasks.delete(name) ? {} : { exitCode: 1 };
  }

  async #command([verb, ...words]: readonly string[]): Promise<Answer> {
    const paths = words.filter((word) => !word.startsWith('/')).map((path) => this.place(path));
    const [from = '', to = ''] = paths;
    if (verb === 'rd') await rm(from, { recursive: true, force: true });
    else if (verb === 'copy') await copyFile(from, to);
    else if (verb === 'mklink') await symlink(to, from);
    else return { exitCode: 1 };
    return {};
  }

  #powerShell(script: string): Answer {
    const { interfaces, routes } = this.#options.network ?? NETWORK;
    const drive = { freeBytes: this.#options.freeBytes ?? 80e9, totalBytes: 100e9 };
    if (script.includes('Win32_ComputerSystem'))
      return { stdout: `${JSON.stringify({ cpus: 4, memoryBytes: 8 * 1024 ** 3, ...drive })}\r\n` };
    if (script.includes('.Flush()')) return { stdout: '{"done":true}\r\n' };
    if (!script.includes('Get-NetRoute')) return { exitCode: 1 };
    const gateways = routes.map((route) => ({ gateway: '10.0.0.1', ...route }));
    return { stdout: `${JSON.stringify({ interfaces, routes: gateways })}\r\n` };
  }

  #query(key: string): Answer {
    const inside = [...this.registry].filter(([path]) => path.toLowerCase().startsWith(`${key.toLowerCase()}\\`));
    if (inside.length === 0)
      return { exitCode: 1, stderr: 'ERROR: The system was unable to find the specified registry key or value.' };
    const own = inside.filter(([, value]) => value.key.toLowerCase() === key.toLowerCase());
    const values = own.map(([path, { type, data }]) => `    ${path.slice(key.length + 1)}    ${type}    ${data}`);
    return { stdout: `\r\n${key}\r\n    (Standard)    REG_SZ    \r\n${values.join('\r\n')}\r\n\r\n` };
  }

  async #serviceControl([verb = '', name = '', ...rest]: readonly string[]): Promise<Answer> {
    const service = this.services.get(name.toLowerCase());
    if (verb === 'create') return this.#create(name, rest);
    if (!service) return { exitCode: 1060, stdout: `[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\r\n` };
    if (verb === 'query') return { stdout: this.#describe(name, service) };
    if (verb === 'config') return this.#configure(name, rest);
    if (verb === 'description') return this.#describeAs(name, rest[0] ?? '');
    if (verb === 'failure' || verb === 'failureflag') return {};
    if (verb === 'start') return this.#start(name, service);
    if (verb === 'stop') return this.#stop(name, service);
    if (verb !== 'delete') return { exitCode: 1639 };
    for (const path of this.registry.keys())
      if (path.toLowerCase().startsWith(`${SERVICES}${name}\\`.toLowerCase())) this.registry.delete(path);
    this.services.delete(name.toLowerCase());
    return {};
  }

  #create(name: string, words: readonly string[]): Answer {
    if (this.services.has(name.toLowerCase())) return { exitCode: 1073 };
    this.addService(name, '');
    return this.#configure(name, words);
  }

  #configure(name: string, words: readonly string[]): Answer {
    const after = (word: string): string | undefined => words[words.indexOf(word) + 1];
    if (words.length % 2 !== 0) return { exitCode: 1639 };
    const start = { auto: '0x2', demand: '0x3', disabled: '0x4' }[after('start=') ?? ''];
    if (start) this.set(SERVICES + name, 'Start', 'REG_DWORD', start);
    if (words.includes('binPath=')) this.set(SERVICES + name, 'ImagePath', 'REG_EXPAND_SZ', after('binPath=') ?? '');
    if (words.includes('DisplayName=')) this.set(SERVICES + name, 'DisplayName', 'REG_SZ', after('DisplayName=') ?? '');
    const depend = words.includes('depend=') ? after('depend=') : undefined;
    if (depend === '/') this.registry.delete(`${SERVICES}${name}\\DependOnService`);
    else if (depend) this.set(SERVICES + name, 'DependOnService', 'REG_MULTI_SZ', depend.replaceAll('/', '\\0'));
    return {};
  }

  #describeAs(name: string, text: string): Answer {
    this.set(SERVICES + name, 'Description', 'REG_SZ', text);
    return {};
  }

  #describe(name: string, { state, win32ExitCode }: FakeService): string {
    const [stateWord, number] = state === 'running' ? ['RUNNING', 4] : ['STOPPED', 1];
    const label = this.#options.german ? 'STATUS            ' : 'STATE             ';
    const exit = this.#options.german ? 'WIN32_EXITCODE  ' : 'WIN32_EXIT_CODE ';
    return [
      '',
      `SERVICE_NAME: ${name}`,
      '        TYPE               : 10  WIN32_OWN_PROCESS',
      `        ${label} : ${number}  ${stateWord}`,
      '                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)',
      `        ${exit}   : ${win32ExitCode}  (0x${win32ExitCode.toString(16)})`,
      '        SERVICE_EXIT_CODE  : 0  (0x0)',
      '        CHECKPOINT         : 0x0',
      '        WAIT_HINT          : 0x0',
      '',
    ].join('\r\n');
  }

  async #start(name: string, service: FakeService): Promise<Answer> {
    if (service.state === 'running') return { exitCode: 1056 };
    const key = SERVICES + name;
    if (this.registry.get(`${key}\\Start`)?.data === '0x4') return { exitCode: 1058 };
    for (const needed of this.registry.get(`${key}\\DependOnService`)?.data.split('\\0') ?? []) {
      const other = this.services.get(needed.toLowerCase());
      if (!other) return { exitCode: 1075 };
      if (other.state !== 'running') await this.#start(needed, other);
    }
    const command = this.registry.get(`${key}\\ImagePath`)?.data ?? '';
    const program = /^"([^"]+)"|^(\S+)/.exec(command);
    const path = program?.[1] ?? program?.[2] ?? '';
    if (!/svchost/.test(path) && !existsSync(this.place(path))) return { exitCode: 2 };
    Object.assign(service, { state: 'running', win32ExitCode: 0 });
    try {
      await this.#options.onStart?.(name, command);
    } catch {
      Object.assign(service, { state: 'stopped', win32ExitCode: 1067 });
    }
    return {};
  }

  async #stop(name: string, service: FakeService): Promise<Answer> {
    if (service.state === 'stopped') return { exitCode: 1062 };
    if (this.#neededBy(name)) return { exitCode: 1051 };
    await this.#options.onStop?.(name);
    // A kubelet that is stopped ends with a code of its own.
    Object.assign(service, { state: 'stopped', win32ExitCode: name === 'kubelet' ? 1066 : 0 });
    return {};
  }

  /** True if a service that runs needs this one. */
  #neededBy(name: string): boolean {
    return [...this.services].some(([other, { state }]) => {
      const needs = this.registry.get(`${SERVICES}${other}\\DependOnService`)?.data.toLowerCase().split('\\0') ?? [];
      return state === 'running' && needs.includes(name.toLowerCase());
    });
  }

  async #icacls([path = '', ...words]: readonly string[]): Promise<Answer> {
    const found = await stat(this.place(path)).catch(() => undefined);
    if (!found) return { exitCode: 2 };
    const grants = words.filter((word) => word.startsWith('*'));
    if (words.includes('/grant:r')) {
      const others = grants.some((grant) => grant.startsWith('*S-1-5-32-545'));
      this.lists.set(path.toLowerCase(), others ? `${PRIVATE}(A;;0x1200a9;;;BU)` : PRIVATE);
      return {};
    }
    const saved = words[words.indexOf('/save') + 1] ?? '';
    await writeFile(this.place(saved), Buffer.from(`name\r\n${this.listOf(path)}\r\n`, 'utf16le'));
    return {};
  }

  /** What a file is under: the list that was set for it, wherever it has been renamed to, else that of its folder. */
  listOf(path: string): string {
    const own = this.lists.get(path.toLowerCase()) ?? this.lists.get(temporaryOf(path).toLowerCase());
    return own ?? INHERITED;
  }

  #netsh(words: readonly string[]): Answer {
    const value = (word: string): string =>
      words.find((each) => each.startsWith(`${word}=`))?.slice(word.length + 1) ?? '';
    const name = value('name');
    const named = [...this.registry].filter(
      ([path, { data }]) => path.startsWith(RULES) && data.includes(`|Name=${name}|`),
    );
    if (words.includes('delete')) {
      for (const [path] of named) this.registry.delete(path);
      return { exitCode: named.length > 0 ? 0 : 1 };
    }
    const protocol = value('protocol') === 'UDP' ? 17 : 6;
    const data = `v2.28|Action=Allow|Active=TRUE|Dir=In|Protocol=${protocol}|LPort=${value('localport')}|Name=${name}|`;
    this.set(RULES, `{${named.length}-${name}}`, 'REG_SZ', data);
    return {};
  }

  read(path: string): Promise<string> {
    return readFile(this.place(toNativePath(path, 'C:')), 'utf8');
  }
}

function temporaryOf(path: string): string {
  const at = path.lastIndexOf('\\') + 1;
  return `${path.slice(0, at)}.${path.slice(at)}.edgeadm-tmp`;
}
