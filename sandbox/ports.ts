import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { ApiClient } from '../src/kubernetes/api/client.ts';
import type { SandboxFolder } from './folder.ts';
import type { Store } from './store.ts';

export const DEFAULT_PORT = 7443;

const KIND = 'sandbox/ports';
const LAST = 'last';

/** Ports of the three servers of a sandbox. */
export interface SandboxPorts {
  readonly apiServer: number;
  readonly cloud: number;
  readonly ens: number;
}

/**
 * The ports to listen on, 0 for any that is free. Nodes that have joined know those of before, so they are used again
 * if they are free and no port was requested.
 * @param requested undefined or 0 if any will do
 */
export async function chosenPorts(store: Store, requested: number | undefined): Promise<SandboxPorts> {
  if (requested) return inARow(requested);
  const last = lastPorts(store);
  if (last && (await areFree(Object.values(last)))) return last;
  return requested === undefined ? inARow(DEFAULT_PORT) : { apiServer: 0, cloud: 0, ens: 0 };
}

/** Undefined if the sandbox is new, or an edgeadm that did not write them down started it. */
export function lastPorts(store: Store): SandboxPorts | undefined {
  return store.get<SandboxPorts>(KIND, LAST);
}

export function keepPorts(store: Store, ports: SandboxPorts): void {
  store.put(KIND, LAST, ports);
}

/** Nodes of the sandbox's folder that have joined its cluster. */
export async function joinedNodes({ nodes }: SandboxFolder, admin: ApiClient): Promise<string[]> {
  const { items } = await admin.get<{ items: { metadata: { name: string } }[] }>('/api/v1/nodes');
  const machines = await readdir(nodes).catch((): string[] => []);
  return items.map(({ metadata }) => metadata.name).filter((name) => machines.includes(name));
}

function inARow(first: number): SandboxPorts {
  return { apiServer: first, cloud: first + 1, ens: first + 2 };
}

async function areFree(ports: readonly number[]): Promise<boolean> {
  return (await Promise.all(ports.map(isFree))).every(Boolean);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
