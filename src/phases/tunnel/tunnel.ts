import type { V1ConfigMap } from '@kubernetes/client-node';
import { isVendorVersion } from '../../compat/cluster-version.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { configMapOf } from '../../kubernetes/api/config-maps.ts';
import { findGroup } from '../../kubernetes/api/discovery.ts';
import { listWhole } from '../../kubernetes/api/list.ts';
import { type EdgeNames, edgeNames } from '../../kubernetes/edge-names.ts';
import { serverVersionOf } from '../../kubernetes/version.ts';
import type { Gateway } from './raven-ports.ts';

/** The tunnel of a cluster: settings in a ConfigMap, or in Raven's gateways, which replaced OpenYurt's tunnel in 1.3. */
export type Tunnel =
  | {
      readonly kind: 'config';
      readonly names: EdgeNames;
      readonly config: V1ConfigMap | undefined;
      readonly version: string;
    }
  | { readonly kind: 'raven'; readonly gateways: readonly Gateway[]; readonly path: string };

const RAVEN = 'raven.openyurt.io';

/**
 * Finds out which tunnel a cluster has: by its settings, else by the version of the cluster.
 * @throws EdgeadmError SETTING_REFUSED if it has none
 */
export async function findTunnel(client: ApiClient, signal?: AbortSignal): Promise<Tunnel> {
  const { body, server } = await client.request('GET', '/version', { signal });
  const version = serverVersionOf(body, server);
  for (const project of ['ack', 'openyurt'] as const) {
    const names = edgeNames(project);
    const config = await configMapOf(client, names.tunnelConfig, signal);
    if (config) return { kind: 'config', names, config, version };
  }
  const raven = await findGroup(client, RAVEN, signal);
  if (raven) {
    const path = `/apis/${raven.preferred}/gateways`;
    return { kind: 'raven', path, gateways: await listWhole<Gateway>(client, path, signal) };
  }
  if (isVendorVersion(version)) return { kind: 'config', names: edgeNames('ack'), config: undefined, version };
  throw new EdgeadmError({
    code: 'SETTING_REFUSED',
    what: 'no tunnel to edge nodes was found in this cluster',
    why: `not found: ConfigMaps ${edgeNames('ack').tunnelConfig} and ${edgeNames('openyurt').tunnelConfig} in kube-system, API group ${RAVEN}; the cluster is ${version}`,
    next: "Install the tunnel first: the vendor's edge-tunnel-server, or OpenYurt's Raven.",
  });
}
