import { readFile } from 'node:fs/promises';
import { localMachine } from '../src/host/local.ts';
import { ApiClient } from '../src/kubernetes/api/client.ts';
import { connectionOf } from '../src/kubernetes/kubeconfig/inline-kubeconfig.ts';
import type { SandboxFolder } from './folder.ts';

/** A client of a sandbox's API server as its administrator; loading the official library for it would take a second. */
export async function adminClient({ kubeconfig }: Pick<SandboxFolder, 'kubeconfig'>): Promise<ApiClient> {
  const connection = connectionOf(await readFile(kubeconfig, 'utf8'), 'the sandbox');
  return new ApiClient(connection, (address, options) => localMachine().connect(address, options));
}
