import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, edgeadm, resultOf } from './program.ts';

/** A sandbox of the built program, in a folder of its own. */
export interface SandboxBed {
  readonly dir: string;
  readonly port: number;
  /** ID of its cluster, as soon as it has been started. */
  readonly cluster: string;
  /** Runs a sandbox command in this folder. */
  sandbox(...words: string[]): Promise<Ended>;
  /** Runs any command, pointed at this sandbox. */
  run(...words: string[]): Promise<Ended>;
  /** @param more flags of `sandbox up` */
  up(...more: string[]): Promise<Ended>;
  remove(): Promise<void>;
}

/** @param version of Kubernetes; that of the guide unless a test is about another */
export async function sandboxBed(version = '1.20'): Promise<SandboxBed> {
  const dir = await mkdtemp(join(tmpdir(), 'edgeadm-sandbox-'));
  const port = await freePorts();
  const state = { XDG_STATE_HOME: join(dir, 'state') };
  /** What `sandbox env` prints; it changes only if the sandbox is started again or reset. */
  let pointers: Promise<Record<string, string>> | undefined;
  const sandbox = (...words: string[]) => {
    if (['up', 'down', 'reset'].includes(words[0] ?? '')) pointers = undefined;
    return edgeadm(['sandbox', ...words, '--dir', join(dir, 'sandbox')], { env: state });
  };
  let cluster = '';
  return {
    dir: join(dir, 'sandbox'),
    port,
    get cluster() {
      return cluster;
    },
    sandbox,
    run: async (...words) => {
      pointers ??= sandbox('env', '-o', 'json').then((ended) => {
        if (ended.exitCode !== 0) pointers = undefined;
        return resultOf(ended).data as Record<string, string>;
      });
      return edgeadm(words, { env: { ...state, ...(await pointers) } });
    },
    up: async (...more) => {
      const words = ['--background', '--port', String(port), '--kubernetes-version', version, ...more];
      const ended = await sandbox('up', ...words);
      cluster = /^Cluster +(\S+)/m.exec(ended.stdout)?.[1] ?? '';
      return ended;
    },
    remove: async () => {
      await sandbox('down');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Two ports beside each other that nobody has at this moment. */
async function freePorts(): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const port = await tryPort(0);
    if (
      port !== undefined &&
      port < 65_534 &&
      (await tryPort(port + 1)) !== undefined &&
      (await tryPort(port + 2)) !== undefined
    )
      return port;
  }
  throw new Error('no two ports are free');
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer().on('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const bound = (server.address() as { port: number }).port;
      server.close(() => resolve(bound));
    });
  });
}
