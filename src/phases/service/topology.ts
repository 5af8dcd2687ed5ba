import type { V1Service } from '@kubernetes/client-node';
import { isVendorVersion } from '../../compat/cluster-version.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { ChangeRequest } from '../../kubernetes/api/change.ts';
import { compareVersions } from '../../kubernetes/version.ts';
import { ownValue } from '../../lib/own-value.ts';

/** Annotation of a Service, of the vendor's clusters and of OpenYurt alike. */
export const TOPOLOGY = 'openyurt.io/topologyKeys';

/** Which clients reach which endpoints of a Service. */
export type TopologyKind = 'node' | 'nodepool' | 'unlimited';

/** Values of the annotation. Sources: the guide, chapters 3.2 and 6.4; OpenYurt v1.7.0, pkg/yurthub/filter/servicetopology. */
const VALUES: Readonly<Record<string, TopologyKind>> = {
  'kubernetes.io/hostname': 'node',
  'kubernetes.io/zone': 'nodepool',
  'openyurt.io/nodepool': 'nodepool',
};

/** The vendor's version that knows `openyurt.io/nodepool`, and recommends it. */
const NODEPOOL_SINCE = '1.18.0';

/** A Service and how its endpoints are reached. */
export interface ServiceTopology {
  readonly namespace: string;
  readonly name: string;
  readonly topology: TopologyKind;
  /** The value of the annotation; undefined if there is none. */
  readonly value: string | undefined;
  /** Why the hub ignores the value; undefined if it does not. */
  readonly ignored: string | undefined;
}

/** Reads the annotation as the hub does: a value that it does not know limits nothing. */
export function topologyOf({ metadata }: V1Service): ServiceTopology {
  const value = metadata?.annotations?.[TOPOLOGY];
  const topology = value === undefined ? undefined : ownValue(VALUES, value);
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    topology: topology ?? 'unlimited',
    value,
    ignored:
      value === undefined || topology
        ? undefined
        : `${value || 'an empty text'} is not one of ${Object.keys(VALUES).join(', ')}`,
  };
}

/**
 * The value for a kind of topology, or for a value of the annotation itself.
 * @param wanted `node`, `nodepool` or a value
 * @param version of the cluster
 * @throws EdgeadmError SETTING_REFUSED for a value that the cluster does not know
 */
export function topologyValue(wanted: string, version: string): string {
  const isOld = isVendorVersion(version) && compareVersions(version, NODEPOOL_SINCE) < 0;
  if (wanted === 'node') return 'kubernetes.io/hostname';
  if (wanted === 'nodepool') return isOld ? 'kubernetes.io/zone' : 'openyurt.io/nodepool';
  if (wanted !== 'openyurt.io/nodepool' || !isOld) return wanted;
  throw new EdgeadmError({
    code: 'SETTING_REFUSED',
    what: `the cluster does not know the topology ${wanted}`,
    why: `the cluster is ${version}; ${wanted} came with 1.18`,
    next: 'Use nodepool: edgeadm then writes kubernetes.io/zone.',
  });
}

/** What `service topology set` takes. */
export const TOPOLOGY_WORDS = ['node', 'nodepool', ...Object.keys(VALUES)] as const;

/** Sets the annotation, or removes it. */
export function topologyChange(service: V1Service, value: string | undefined): ChangeRequest {
  const { namespace = '', name = '' } = service.metadata ?? {};
  return {
    name: `service/${name}`,
    path: `/api/v1/namespaces/${namespace}/services/${name}`,
    before: { ...service, apiVersion: 'v1', kind: 'Service' },
    patch: { metadata: { annotations: { [TOPOLOGY]: value ?? null } } },
  };
}
