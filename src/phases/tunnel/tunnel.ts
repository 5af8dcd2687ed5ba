import type { V1ConfigMap } from '@kubernetes/client-node';
import { isVendorVersion } from '../../compat/cluster-version.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { configMapOf } from '../../kubernetes/api/config-maps.ts';
import { findGroup } from '../../kubernetes/api/discovery.ts';
import { listWhole } from '../../kubernetes/api/list.ts';
import { type EdgeNames, edgeNames } from '../../kubernetes/edge-names.ts';
import { serverVersionOf } from '../../kubernetes/version.ts';
import type { Gateway, Raven } from './raven-ports.ts';

/** The tunnel of a cluster: settings in a ConfigMap, or in Raven's gateways, which replaced OpenYurt's tunnel in 1.3. */
export type Tunnel =
  | {
      readonly kind: 'config';
      readonly names: EdgeNames;
      readonly config: V1ConfigMap | undefined;
      readonly version: string;
    }
  | ({ readonly kind: 'raven' } & Raven);

const RAVEN = 'raven.openyurt.io';
/** ConfigMap of Raven, and its keys. Source: OpenYurt v1.7.0, controller/raven/util/constants.go. */
const RAVEN_CONFIG = 'raven-cfg';
const RAVEN_MODES = { proxy: 'enable-l7-proxy', vpn: 'enable-l3-tunnel' } as const;

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
  const raven = await findRaven(client, signal);
  if (raven) return { kind: 'raven', ...raven };
  if (isVendorVersion(version)) return { kind: 'config', names: edgeNames('ack'), config: undefined, version };
  throw new EdgeadmError({
    code: 'SETTING_REFUSED',
    what: 'no tunnel to edge nodes was found in this cluster',
    why: `not found: ConfigMaps ${edgeNames('ack').tunnelConfig} and ${edgeNames('openyurt').tunnelConfig} in kube-system, gateways of ${RAVEN}; the cluster is ${version}`,
    next: "Install the tunnel first: the vendor's edge-tunnel-server, or OpenYurt's Raven.",
  });
}

/** OpenYurt's charts bring the API of Raven to every cluster: without gateways and settings, Raven is not in use. */
async function findRaven(client: ApiClient, signal?: AbortSignal): Promise<Raven | undefined> {
  const group = await findGroup(client, RAVEN, signal);
  if (!group) return undefined;
  const newest = group.versions.find((version) => version === `${RAVEN}/v1beta1`) ?? group.preferred;
  const path = `/apis/${newest}/gateways`;
  const [gateways, config] = await Promise.all([
    listWhole<Gateway>(client, path, signal),
    configMapOf(client, RAVEN_CONFIG, signal),
  ]);
  if (gateways.length === 0 && !config) return undefined;
  const isOn = (key: string): boolean => config?.data?.[key]?.toLowerCase() === 'true';
  const modes = { proxy: isOn(RAVEN_MODES.proxy), vpn: isOn(RAVEN_MODES.vpn) };
  return { version: newest.slice(RAVEN.length + 1), path, gateways, modes };
}
