import type { Stats } from 'node:fs';
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../../src/host/machine.ts';
import { AGENT_PATHS } from '../../src/host/scratch-agent.ts';
import { KubeletFault } from './kubelet-settings.ts';
import { appendLog } from './root-files.ts';
import { UnitFault, unitCommand } from './unit-command.ts';

/** RestartSec of edgeadm's units. */
const RESTART_MS = 2000;

export type Severity = 'I' | 'W' | 'E' | 'F';
export type UnitLog = (severity: Severity, line: string) => void;

export interface UnitParts {
  readonly root: string;
  readonly machine: Machine;
  /** `kubelet.service` */
  readonly unit: string;
  /**
   * Starts what stands for the program of the unit.
   * @throws KubeletFault with what it would log before it exits, UnitFault with what systemd would say
   */
  readonly start: (words: readonly string[], log: UnitLog) => Promise<{ stop(): Promise<void> }>;
}

/** One unit of a sandbox node: started, stopped and restarted as its file in the folder of units says. */
export class SandboxUnit {
  readonly #parts: UnitParts;
  #running: { stop(): Promise<void> } | undefined;
  /** The start that was acted on: the file's inode and time. */
  #seen = '';
  #restart: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #log: Promise<void> = Promise.resolve();

  constructor(parts: UnitParts) {
    this.#parts = parts;
  }

  /** Does what the unit's file says. */
  look(): Promise<void> {
    return this.#do(() => this.#act());
  }

  /** What was started stays started for the next sandbox. */
  async leave(): Promise<void> {
    clearTimeout(this.#restart);
    await this.#do(() => this.#stop());
  }

  get #path(): string {
    return join(this.#parts.root, AGENT_PATHS.units, this.#parts.unit);
  }

  get #runningPath(): string {
    return join(this.#parts.root, AGENT_PATHS.running, this.#parts.unit);
  }

  /** One step after the other; what fails is logged. */
  #do(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step).catch((error: Error) => this.#say('E', error.message));
    return this.#work;
  }

  async #act(): Promise<void> {
    const found = await stat(this.#path).catch(() => undefined);
    const start = found ? startOf(found) : '';
    if (start === this.#seen) return;
    clearTimeout(this.#restart);
    await this.#stop();
    this.#seen = start;
    if (!found) return;
    // One that was waiting for its next start is started by a touch, as `systemctl restart` starts it.
    const state = (await readFile(this.#path, 'utf8')).trim();
    if (state === 'active') await this.#start();
    else if (state.startsWith('activating') && (await this.#setState('active'))) await this.#start();
  }

  async #start(): Promise<void> {
    const { machine, unit, start } = this.#parts;
    await writeFile(this.#runningPath, `${process.pid}\n`);
    try {
      this.#running = await start(await unitCommand(machine, unit), (severity, line) => this.#say(severity, line));
    } catch (error) {
      await this.#failed(error as Error);
    }
  }

  async #stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
    await this.#log;
    await rm(this.#runningPath, { force: true });
  }

  /** As systemd does it with `Restart=always`. */
  async #failed(error: Error): Promise<void> {
    const result = error instanceof UnitFault ? 'resources' : 'exit-code';
    if (error instanceof UnitFault) this.#line(error.message);
    else this.#say(error instanceof KubeletFault ? 'F' : 'E', error.message);
    if (result === 'exit-code') this.#line(`${this.#parts.unit}: Main process exited, code=exited, status=255/n/a`);
    await this.#stop();
    await this.#setState(`activating (auto-restart, ${result})`);
    this.#restart = setTimeout(() => {
      this.#do(async () => {
        if (await this.#setState('active')) await this.#start();
      });
    }, RESTART_MS);
  }

  /** @returns false if the unit was stopped meanwhile: then its file is gone, and must not come back */
  async #setState(state: string): Promise<boolean> {
    const file = await open(this.#path, 'r+').catch(() => undefined);
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

  #say(severity: Severity, line: string): void {
    const now = new Date().toISOString();
    const source = this.#parts.unit.replace('.service', '.go');
    this.#line(
      `${severity}${now.slice(5, 7)}${now.slice(8, 10)} ${now.slice(11, 23)}000 ${process.pid} ${source}] ${line}`,
    );
  }

  #line(line: string): void {
    const write = () => appendLog(this.#parts.machine, `${AGENT_PATHS.logs}/${this.#parts.unit}.log`, line);
    this.#log = this.#log.then(write).catch(() => {});
  }
}

/** edgeadm replaces the file at each start and restart. */
function startOf({ ino, mtimeMs }: Stats): string {
  return `${ino} ${mtimeMs}`;
}
