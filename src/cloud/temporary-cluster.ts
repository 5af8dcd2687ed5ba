import { z } from 'zod';
import { localMachine } from '../host/local.ts';
import { ApiClient, type ApiConnection } from '../kubernetes/api/client.ts';
import { connectionOf } from '../kubernetes/kubeconfig/inline-kubeconfig.ts';
import { lenientYaml } from '../lib/check-shape.ts';
import type { CloudCluster } from './actions/clusters.ts';
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
  cluster: CloudCluster,
  { minutes = MINUTES, signal }: { readonly minutes?: number; readonly signal?: AbortSignal } = {},
): Promise<TemporaryCluster> {
  const { publicly, intranet } = addressesOf(cluster);
  const isInVpc = VPC_ENDPOINT.test(service.endpoint);
  const text = await service.kubeconfig(cluster.clusterId ?? '', {
    minutes: Math.max(MINUTES, Math.ceil(minutes)),
    privateAddress: isInVpc || (intranet !== undefined && publicly === undefined),
  });
  const connection = connectionOf(text, service.endpoint);
  const machine = localMachine();
  const client = new ApiClient(connection, (address, options) => machine.connect(address, options), { signal });
  return { client, connection, close: () => client.close() };
}

/** `cs-anony-vpc.REGION`: edgeadm runs in the VPC. */
const VPC_ENDPOINT = /-vpc\./;

const MASTER_URL = z.object({
  api_server_endpoint: z.string().optional().catch(undefined),
  intranet_api_server_endpoint: z.string().optional().catch(undefined),
});

/** Where the API server is: on the Internet, if it was exposed there, and in the VPC. */
export function addressesOf({ masterUrl }: CloudCluster): { readonly publicly?: string; readonly intranet?: string } {
  const found = lenientYaml(masterUrl, MASTER_URL);
  return {
    publicly: found?.api_server_endpoint || undefined,
    intranet: found?.intranet_api_server_endpoint || undefined,
  };
}
