import type { V1Service } from '@kubernetes/client-node';
import { Args } from '@oclif/core';
import { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { count } from '../../lib/count.ts';
import { table } from '../../output/table.ts';
import type { NodeReach } from '../../phases/service/reach.ts';
import type { ServiceTopology } from '../../phases/service/topology.ts';
import { namespaceFlagFor, nonEmptyName } from '../flags.ts';

export const serviceArg = {
  service: Args.string({ required: true, parse: nonEmptyName('SERVICE'), description: 'name of the Service' }),
};

export const namespaceFlag = namespaceFlagFor('the Service');

/** @throws EdgeadmError OBJECT_NOT_FOUND with the command that lists those that do */
export async function findService(
  client: ApiClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<V1Service> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(name)}`;
  const service = await client.find<V1Service>(path, { signal });
  if (service) return service;
  throw new EdgeadmError({
    code: 'OBJECT_NOT_FOUND',
    what: `Service ${namespace}/${name} not found`,
    next: `kubectl -n ${namespace} get services, or add --namespace NAME`,
  });
}

/** One line a Service. */
export function topologyTable(services: readonly ServiceTopology[], wide = false): string {
  return table(
    services.map(({ namespace, name, topology, value, ignored }) => ({
      namespace,
      service: name,
      topology: ignored ? 'unlimited (value ignored)' : topology,
      ...(wide && { annotation: value ?? '-' }),
    })),
  );
}

/** What the topology of a Service means for clients on each node. */
export function reachText(
  { topology, value, ignored, namespace, name }: ServiceTopology,
  reach: readonly NodeReach[],
): string {
  const rows = reach.map(({ node, place, pool, endpoints, limited }) => ({
    'clients on': node,
    type: place,
    pool: pool ?? '-',
    reach: `${limited ? '' : 'all: '}${
      endpoints
        .filter(({ ready }) => ready)
        .map(endpointText)
        .join(', ') || 'nothing'
    }`,
  }));
  const lost = reach.filter(({ endpoints }) => !endpoints.some(({ ready }) => ready)).map(({ node }) => node);
  return [
    `Service ${namespace}/${name}: ${MEANINGS[topology]}${value ? ` (${value})` : ''}.\n`,
    ignored ? `Warning: the hub ignores the annotation: ${ignored}.\n` : '',
    '\n',
    table(rows),
    lost.length > 0
      ? `\nWarning: clients on ${count('node', lost.length)} reach no ready endpoint: ${lost.join(', ')}.\n`
      : '',
  ].join('');
}

const MEANINGS: Readonly<Record<ServiceTopology['topology'], string>> = {
  node: 'clients reach endpoints on their own node only',
  nodepool: 'clients reach endpoints in their own node pool only',
  unlimited: 'clients reach all endpoints',
};

function endpointText({ address, node, pod }: NodeReach['endpoints'][number]): string {
  return `${pod ?? address}${node ? ` on ${node}` : ''}`;
}

/** What a change of the topology means. */
export function topologyEffect(topology: ServiceTopology['topology']): string[] {
  const lines = {
    node: 'Clients reach the endpoints of this Service on their own node only.',
    nodepool:
      'Clients reach the endpoints of this Service in their own node pool only; on a node without pool, on that node only.',
    unlimited: 'Clients reach all endpoints of this Service.',
  };
  return [lines[topology], 'The edge-hub of each node filters endpoints: nodes without one are not limited.'];
}
