import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
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
  const { port, release } = await reservePorts();
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
      release();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/**
 * Three ports beside each other that stay this bed's: they are below the range from which the kernel gives ports to
 * clients (an edgeadm that runs beside had one of them), and the bed that holds the fourth has the three.
 */
async function reservePorts(): Promise<{ port: number; release(): void }> {
  for (let tries = 0; tries < 100; tries++) {
    const port = FIRST_PORT + 4 * Math.floor(Math.random() * BEDS);
    const holder = await listening(port + 3);
    if (!holder) continue;
    const free = await Promise.all([port, port + 1, port + 2].map(listening));
    for (const server of free) server?.close();
    if (!free.includes(undefined)) return { port, release: () => holder.close() };
    holder.close();
  }
  throw new Error('no three ports are free');
}

/** Test nodes and what listens by default (6443, 7443, 10250) are below, the kernel's clients begin at 32768. */
const FIRST_PORT = 20_000;
const BEDS = 3000;

function listening(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer().on('error', () => resolve(undefined));
    server.unref().listen(port, '127.0.0.1', () => resolve(server));
  });
}
