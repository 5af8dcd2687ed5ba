import { localMachine } from '../host/local.ts';
import { ApiClient, type ApiConnection } from '../kubernetes/api/client.ts';
import { connectionOf } from '../kubernetes/kubeconfig/inline-kubeconfig.ts';
import type { ContainerService } from './cs.ts';

/** The shortest that the service gives. */
const MINUTES = 15;

/** A cluster that the container service let us into for a few minutes. */
export interface TemporaryCluster {
  readonly client: ApiClient;
  readonly connection: ApiConnection & { readonly ca: string };
  close(): void;
}

/**
 * Opens a cluster as its administrator with a kubeconfig that expires by itself and stays in memory.
 * @param minutes how long it has to last, at least
 * @param signal ends the requests of its client
 * @throws EdgeadmError CLOUD_*
 */
export async function openTemporaryCluster(
  service: ContainerService,
  clusterId: string,
  { minutes = MINUTES, signal }: { readonly minutes?: number; readonly signal?: AbortSignal } = {},
): Promise<TemporaryCluster> {
  const text = await service.kubeconfig(clusterId, Math.max(MINUTES, Math.ceil(minutes)));
  const connection = connectionOf(text, service.endpoint);
  const machine = localMachine();
  const client = new ApiClient(connection, (address, options) => machine.connect(address, options), { signal });
  return { client, connection, close: () => client.close() };
}
