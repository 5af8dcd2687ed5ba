import type { V1ConfigMap } from '@kubernetes/client-node';
import { isVendorVersion } from '../../compat/cluster-version.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { configMapOf } from '../../kubernetes/api/config-maps.ts';
import { type EdgeNames, edgeNames } from '../../kubernetes/edge-names.ts';
import { serverVersionOf } from '../../kubernetes/version.ts';

/** The settings of the hubs of a cluster. */
export interface HubConfig {
  readonly names: EdgeNames;
  /** Undefined if it does not exist yet. */
  readonly config: V1ConfigMap | undefined;
}

/** @throws EdgeadmError SETTING_REFUSED if the cluster has no settings for hubs */
export async function findHubConfig(client: ApiClient, signal?: AbortSignal): Promise<HubConfig> {
  for (const project of ['ack', 'openyurt'] as const) {
    const names = edgeNames(project);
    const config = await configMapOf(client, names.hubConfig, signal);
    if (config) return { names, config };
  }
  const { body, server } = await client.request('GET', '/version', { signal });
  const version = serverVersionOf(body, server);
  if (isVendorVersion(version)) return { names: edgeNames('ack'), config: undefined };
  throw new EdgeadmError({
    code: 'SETTING_REFUSED',
    what: 'this cluster has no settings for edge-hubs',
    why: `not found in kube-system: ConfigMap ${edgeNames('ack').hubConfig} (ACK@Edge), ${edgeNames('openyurt').hubConfig} (OpenYurt); the cluster is ${version}`,
    next: "Install OpenYurt's settings first: they come with its chart yurthub.",
  });
}
