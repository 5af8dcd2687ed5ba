import { type FSWatcher, type Stats, watch } from 'node:fs';
import { mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../../src/host/machine.ts';
import { scratchMachine } from '../../src/host/scratch.ts';
import { AGENT_PATHS, FAKE_PROGRAM_HEADER } from '../../src/host/scratch-agent.ts';
import { SandboxKubelet } from './kubelet.ts';
import { KubeletFault } from './kubelet-settings.ts';
import { regularFilesOnly } from './node-files.ts';
import { NodePorts } from './ports.ts';
import { appendLog } from './root-files.ts';
import { UnitFault, unitCommand } from './unit-command.ts';

const UNIT = 'kubelet.service';
/** If no event tells. */
const LOOK_MS = 2000;
/** RestartSec of edgeadm's unit. */
const RESTART_MS = 2000;

export interface AgentOptions {
  /** A folder with a short path, see NodePorts. */
  readonly sockets: string;
  readonly clusterVersion: string;
  /** See KubeletParts. */
  readonly hasAddons?: boolean;
}

/** Attends one node of the sandbox: stands for its service manager, and runs its small kubelet. */
export class NodeAgent {
  readonly #root: string;
  readonly #machine: Machine;
  readonly #ports: NodePorts;
  readonly #cluster: AgentOptions;
  #kubelet: SandboxKubelet | undefined;
  /** The start that was acted on: the file's inode and time. */
  #seen = '';
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #log: Promise<void> = Promise.resolve();

  constructor(root: string, options: AgentOptions) {
    this.#root = root;
    this.#machine = regularFilesOnly(scratchMachine(root));
    this.#ports = new NodePorts(root, options.sockets);
    this.#cluster = options;
  }

  /** Takes the node in hand; a kubelet that ran when an earlier sandbox ended runs again, as after a reboot. */
  async attend(): Promise<void> {
    for (const folder of [AGENT_PATHS.running, AGENT_PATHS.ports])
      await rm(join(this.#root, folder), { recursive: true, force: true });
    for (const folder of [AGENT_PATHS.running, AGENT_PATHS.units])
      await mkdir(join(this.#root, folder), { recursive: true });
    await writeFile(join(this.#root, AGENT_PATHS.pid), `${process.pid}\n`);
    const look = (): void => void this.#look();
    try {
      this.#watcher = watch(join(this.#root, AGENT_PATHS.units), look).on('error', () => {});
    } catch {
      // A limit of the kernel: the timer alone will do.
    }
    this.#timer = setInterval(look, LOOK_MS);
    await this.#look();
  }

  /** Lets the node go; what was started stays started for the next sandbox. */
  async leave(): Promise<void> {
    this.#watcher?.close();
    clearInterval(this.#timer);
    clearTimeout(this.#restart);
    await this.#do(() => this.#stopKubelet());
    await rm(join(this.#root, AGENT_PATHS.pid), { force: true });
  }

  #look(): Promise<void> {
    return this.#do(() => this.#act());
  }

  /** One step after the other; what fails is logged. */
  #do(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step).catch((error: Error) => this.#say('E', error.message));
    return this.#work;
  }

  async #act(): Promise<void> {
    const path = join(this.#root, AGENT_PATHS.units, UNIT);
    const found = await stat(path).catch(() => undefined);
    const start = found ? startOf(found) : '';
    if (start === this.#seen) return;
    clearTimeout(this.#restart);
    await this.#stopKubelet();
    this.#seen = start;
    if (found && (await readFile(path, 'utf8')).trim() === 'active') await this.#startKubelet();
  }

  async #startKubelet(): Promise<void> {
    await writeFile(join(this.#root, AGENT_PATHS.running, UNIT), `${process.pid}\n`);
    try {
      const [program = '', ...args] = await unitCommand(this.#machine, UNIT);
      const version = await this.#versionOf(program);
      const log = (severity: 'I' | 'W' | 'E' | 'F', line: string): void => this.#say(severity, line);
      log('I', `Starting ${program} ${version}, a stand-in of the edgeadm sandbox`);
      const parts = { machine: this.#machine, ports: this.#ports, hasAddons: this.#cluster.hasAddons };
      this.#kubelet = await SandboxKubelet.start({ ...parts, args, version, log });
    } catch (error) {
      await this.#failed(error as Error);
    }
  }

  async #stopKubelet(): Promise<void> {
    await this.#kubelet?.stop();
    this.#kubelet = undefined;
    await this.#log;
    await rm(join(this.#root, AGENT_PATHS.running, UNIT), { force: true });
  }

  /** As systemd does it with `Restart=always`. */
  async #failed(error: Error): Promise<void> {
    const result = error instanceof UnitFault ? 'resources' : 'exit-code';
    if (error instanceof UnitFault) this.#line(error.message);
    else this.#say(error instanceof KubeletFault ? 'F' : 'E', error.message);
    if (result === 'exit-code') this.#line(`${UNIT}: Main process exited, code=exited, status=255/n/a`);
    await this.#stopKubelet();
    await this.#setState(`activating (auto-restart, ${result})`);
    this.#restart = setTimeout(() => {
      this.#do(async () => {
        if (await this.#setState('active')) await this.#startKubelet();
      });
    }, RESTART_MS);
  }

  /** @returns false if the unit was stopped meanwhile: then its file is gone, and must not come back */
  async #setState(state: string): Promise<boolean> {
    const file = await open(join(this.#root, AGENT_PATHS.units, UNIT), 'r+').catch(() => undefined);
    if (!file) return false;
    try {
      await file.truncate();
      await file.write(`${state}\n`);
      this.#seen = startOf(await file.stat());
    } finally {
      await file.close();
    }
    return true;
  }

  /** @throws UnitFault if there is no such program */
  async #versionOf(program: string): Promise<string> {
    const found = await this.#machine.stat(program);
    if (!found) throw new UnitFault(`${UNIT}: Failed to locate executable ${program}: No such file or directory`);
    const text = found.size < 1024 ? ((await this.#machine.readFile(program))?.toString('utf8') ?? '') : '';
    // A real kubelet out of a bundle cannot be asked here; its minor version is the cluster's.
    return (
      (text.startsWith(FAKE_PROGRAM_HEADER) && /v\d+\.\d+\.\d+\S*/.exec(text)?.[0]) || this.#cluster.clusterVersion
    );
  }

  #say(severity: 'I' | 'W' | 'E' | 'F', line: string): void {
    const now = new Date().toISOString();
    this.#line(
      `${severity}${now.slice(5, 7)}${now.slice(8, 10)} ${now.slice(11, 23)}000 ${process.pid} kubelet.go] ${line}`,
    );
  }

  #line(line: string): void {
    const write = () => appendLog(this.#machine, `${AGENT_PATHS.logs}/${UNIT}.log`, line);
    this.#log = this.#log.then(write).catch(() => {});
  }
}

/** edgeadm replaces the file at each start and restart. */
function startOf({ ino, mtimeMs }: Stats): string {
  return `${ino} ${mtimeMs}`;
}
