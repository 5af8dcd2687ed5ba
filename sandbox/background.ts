import { spawn } from 'node:child_process';
import { open, readFile, rm } from 'node:fs/promises';
import { EdgeadmError, type ErrorParts } from '../src/errors/index.ts';
import { ownProgram } from '../src/lib/own-program.ts';
import { waitFor } from '../src/lib/wait-for.ts';
import { runningSandbox, type SandboxFolder, type SandboxState, stillRuns } from './folder.ts';
import { makePrivateFolder } from './private-files.ts';

/** Half a second on an idle machine. One that fails ends, and is seen at once: this is for a machine that is very busy. */
const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 15_000;
const LOG_LINES = 20;

/** Of a sandbox in a process of its own. */
export interface BackgroundOptions {
  readonly port?: number;
  readonly retiredActions: boolean;
  readonly kubernetesVersion?: string;
  readonly cloudNodes?: number;
  readonly slowness?: number;
}

/**
 * Runs this program's `sandbox up` in a process of its own that outlives this one, and waits until it is ready.
 * @throws EdgeadmError SANDBOX_FAILED with the end of its log
 */
export async function startInBackground(
  folder: SandboxFolder,
  { port, retiredActions, kubernetesVersion, cloudNodes, slowness }: BackgroundOptions,
): Promise<SandboxState> {
  await makePrivateFolder(folder.path);
  await rm(folder.log, { force: true });
  const log = await open(folder.log, 'wx', 0o600);
  const { file, args } = ownProgram();
  const own = [
    '--dir',
    folder.path,
    ...(port === undefined ? [] : ['--port', String(port)]),
    ...(retiredActions ? ['--retired-actions'] : []),
    ...(kubernetesVersion ? ['--kubernetes-version', kubernetesVersion] : []),
    ...(cloudNodes ? ['--cloud-nodes', String(cloudNodes)] : []),
    ...(slowness ? ['--delay-factor', String(slowness)] : []),
  ];
  const words = ['sandbox', 'up', ...own, '--output', 'json'];
  const child = spawn(file, [...args, ...words], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    cwd: '/',
  });
  child.unref();
  await log.close();
  return waitFor<SandboxState>({
    what: 'the sandbox to be ready',
    timeoutMs: START_LIMIT_MS,
    intervalMs: [20, 100],
    code: 'SANDBOX_FAILED',
    probe: async () => {
      const running = await runningSandbox(folder);
      return running && running.pid === child.pid ? { done: running } : { seen: 'it is starting' };
    },
    guard: async () => {
      if (child.exitCode === null && child.signalCode === null) return;
      throw startError(await readFile(folder.log, 'utf8').catch(() => ''));
    },
  });
}

/** The error that the process itself has told, or else the end of what it printed. */
function startError(log: string): EdgeadmError {
  const lines = log.trim().split('\n');
  try {
    const { error } = JSON.parse(lines.at(-1) ?? '') as { error?: ErrorParts };
    if (error) return new EdgeadmError(error);
  } catch {
    // It ended before it could tell.
  }
  const why = lines.slice(-LOG_LINES).join('\n');
  return new EdgeadmError({ code: 'SANDBOX_FAILED', what: 'the sandbox did not start', why });
}

/** Ends a running sandbox cleanly. @returns false if none ran */
export async function stopSandbox(folder: SandboxFolder): Promise<boolean> {
  const running = await runningSandbox(folder);
  if (!running) return false;
  process.kill(running.pid, 'SIGTERM');
  await waitFor({
    what: `the sandbox, process ${running.pid}, to end`,
    timeoutMs: STOP_LIMIT_MS,
    intervalMs: [20, 200],
    probe: async () => (stillRuns(running) ? { seen: 'it still runs' } : { done: true }),
  });
  return true;
}

/** Removes what a sandbox keeps, its nodes too, and nothing else that may be in its folder. */
export async function forgetSandbox(folder: SandboxFolder): Promise<void> {
  const database = ['', '-wal', '-shm'].map((end) => `${folder.database}${end}`);
  const { ca, kubeconfig, state, log, nodes } = folder;
  for (const path of [...database, ca, kubeconfig, state, log, nodes]) await rm(path, { recursive: true, force: true });
}
