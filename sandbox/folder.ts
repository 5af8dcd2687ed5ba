import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { EdgeadmError } from '../src/errors/index.ts';
import { writePrivate } from '../src/host/write-private.ts';
import { processLives } from '../src/lib/process-lives.ts';
import { startOf } from './process-start.ts';

/** Where a sandbox keeps what. */
export interface SandboxFolder {
  readonly path: string;
  /** Certificate of the CA that signs for API server and cloud. */
  readonly ca: string;
  /** The administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly database: string;
  /** Who runs it; there while it runs. */
  readonly state: string;
  /** What a sandbox in the background prints. */
  readonly log: string;
  /** A folder a node: its scratch root. */
  readonly nodes: string;
}

/** A sandbox that runs. */
export interface SandboxState {
  readonly pid: number;
  /** See `startOf`. */
  readonly processStarted?: string;
  /** `https://127.0.0.1:PORT`, each. */
  readonly apiServer: string;
  /** Of the API server, `v1.34.4`; one that an older edgeadm started does not say it. */
  readonly kubernetesVersion?: string;
  readonly cloud: string;
  /** Of ENS, which is central; a sandbox that an older edgeadm started has none of its own. */
  readonly ens?: string;
  /** As the container service knows the API server. */
  readonly cluster: { readonly id: string; readonly region: string };
  /** ISO 8601. */
  readonly started: string;
  /** Nodes that have joined the API server on the port that it had before, if it has another one now. */
  readonly cutOff?: { readonly nodes: readonly string[]; readonly port: number };
}

/** The folder of a sandbox: the one that is named, else `edgeadm/sandbox` in the user's state folder (XDG). */
export function sandboxFolder(directory?: string, env: NodeJS.ProcessEnv = process.env): SandboxFolder {
  const states = env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  const path = resolve(directory ?? join(states, 'edgeadm', 'sandbox'));
  return {
    path,
    ca: join(path, 'ca.crt'),
    kubeconfig: join(path, 'admin.conf'),
    database: join(path, 'sandbox.db'),
    state: join(path, 'sandbox.json'),
    log: join(path, 'sandbox.log'),
    nodes: join(path, 'nodes'),
  };
}

/** Says that this process runs the sandbox of a folder. */
export async function writeState(folder: SandboxFolder, state: Omit<SandboxState, 'pid' | 'processStarted'>) {
  const running: SandboxState = { pid: process.pid, processStarted: startOf(process.pid), ...state };
  await writePrivate(folder.state, `${JSON.stringify(running)}\n`);
  return running;
}

/**
 * The sandbox that runs in a folder; undefined if none does. One that was killed leaves its file, not its process,
 * and its number may be that of any other process by now.
 */
export async function runningSandbox({ state }: SandboxFolder): Promise<SandboxState | undefined> {
  const text = await readFile(state, 'utf8').catch(() => undefined);
  const found = text === undefined ? undefined : parse(text);
  return found && stillRuns(found) ? found : undefined;
}

/** True if the process that wrote a state lives, and is not a later one with its pid. */
export function stillRuns({ pid, processStarted }: SandboxState): boolean {
  return processLives(pid) && startOf(pid) === processStarted;
}

/** Undefined if it was not written by a sandbox. */
function parse(text: string): SandboxState | undefined {
  try {
    const found = JSON.parse(text) as Partial<SandboxState> | null;
    return Number.isInteger(found?.pid) ? (found as SandboxState) : undefined;
  } catch {
    return undefined;
  }
}

/** @throws EdgeadmError SANDBOX_NOT_RUNNING */
export async function requireSandbox(folder: SandboxFolder): Promise<SandboxState> {
  const running = await runningSandbox(folder);
  if (running) return running;
  throw new EdgeadmError({
    code: 'SANDBOX_NOT_RUNNING',
    what: 'the sandbox is not running',
    why: `its folder: ${folder.path}`,
  });
}
