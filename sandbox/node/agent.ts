import { type FSWatcher, watch } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../../src/host/machine.ts';
import { PATHS } from '../../src/host/node-paths.ts';
import { scratchMachine } from '../../src/host/scratch.ts';
import { AGENT_PATHS, FAKE_PROGRAM_HEADER } from '../../src/host/scratch-agent.ts';
import { startEdgeHub } from './edge-hub.ts';
import { SandboxKubelet } from './kubelet.ts';
import { regularFilesOnly } from './node-files.ts';
import { NodePorts } from './ports.ts';
import { SandboxUnit, type UnitLog } from './unit.ts';
import { UnitFault } from './unit-command.ts';

/** If no event tells. */
const LOOK_MS = 2000;

export interface AgentOptions {
  /** A folder with a short path, see NodePorts. */
  readonly sockets: string;
  readonly clusterVersion: string;
  /** See KubeletParts. */
  readonly hasAddons?: boolean;
}

/** Attends one node of the sandbox: stands for its service manager, and runs its small kubelet and edge-hub. */
export class NodeAgent {
  readonly #root: string;
  readonly #machine: Machine;
  readonly #ports: NodePorts;
  readonly #cluster: AgentOptions;
  readonly #units: readonly SandboxUnit[];
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(root: string, options: AgentOptions) {
    this.#root = root;
    this.#machine = regularFilesOnly(scratchMachine(root));
    this.#ports = new NodePorts(root, options.sockets);
    this.#cluster = options;
    const parts = { root, machine: this.#machine };
    this.#units = [
      new SandboxUnit({ ...parts, unit: PATHS.kubelet.unit, start: (words, log) => this.#startKubelet(words, log) }),
      new SandboxUnit({ ...parts, unit: PATHS.edgeHub.unit, start: (words) => this.#startHub(words) }),
    ];
  }

  /** Takes the node in hand; what ran when an earlier sandbox ended runs again, as after a reboot. */
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
    for (const unit of this.#units) await unit.leave();
    await rm(join(this.#root, AGENT_PATHS.pid), { force: true });
  }

  async #look(): Promise<void> {
    await Promise.all(this.#units.map((unit) => unit.look()));
  }

  async #startKubelet([program = '', ...args]: readonly string[], log: UnitLog): Promise<SandboxKubelet> {
    const version = await this.#versionOf(program);
    log('I', `Starting ${program} ${version}, a stand-in of the edgeadm sandbox`);
    const parts = { machine: this.#machine, ports: this.#ports, hasAddons: this.#cluster.hasAddons };
    return SandboxKubelet.start({ ...parts, args, version, log });
  }

  async #startHub(words: readonly string[]): Promise<{ stop(): Promise<void> }> {
    const [program = ''] = words;
    if (!(await this.#machine.stat(program))) throw missing(PATHS.edgeHub.unit, program);
    return startEdgeHub({ files: this.#machine, ports: this.#ports, words });
  }

  /** @throws UnitFault if there is no such program */
  async #versionOf(program: string): Promise<string> {
    const found = await this.#machine.stat(program);
    if (!found) throw missing(PATHS.kubelet.unit, program);
    const text = found.size < 1024 ? ((await this.#machine.readFile(program))?.toString('utf8') ?? '') : '';
    // A real kubelet out of a bundle cannot be asked here; its minor version is the cluster's.
    return (
      (text.startsWith(FAKE_PROGRAM_HEADER) && /v\d+\.\d+\.\d+\S*/.exec(text)?.[0]) || this.#cluster.clusterVersion
    );
  }
}

function missing(unit: string, program: string): UnitFault {
  return new UnitFault(`${unit}: Failed to locate executable ${program}: No such file or directory`);
}
