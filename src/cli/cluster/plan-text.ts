import type { CloudClusterSpec } from '../../config/cloud-cluster.ts';
import { capacityOf, EDITION_NODES } from '../../config/cloud-cluster-rules.ts';
import { count } from '../../lib/count.ts';
import { factLines } from '../../output/columns.ts';
import type { Creation } from '../../phases/cluster/create.ts';

/** What would be created, for people: lines without their ends. */
export function creationLines({ spec, version, existing, ignored, notChecked }: Creation): string[] {
  if (existing) {
    const { clusterId, state } = existing;
    return [`Cluster ${spec.name} (${clusterId}) was requested before and is ${state}: wait until it is running.`];
  }
  const facts = factLines({
    Create: `cluster ${spec.name} in ${spec.region}, ${spec.edition} edition: at most ${EDITION_NODES[spec.edition]} nodes`,
    Kubernetes: version ?? "the service's newest",
    VPC: [spec.vpc, ...spec.vswitches].join(', '),
    Pods: podsOf(spec),
    Services: spec.serviceCidr,
    'API server': 'exposed to the Internet with an EIP, because edge nodes connect there',
    Workers: workersOf(spec),
    Secrets: spec.kmsKey && `encrypted with the key ${spec.kmsKey} of KMS`,
    Logs: logsOf(spec),
    Protection: spec.deletionProtection ? 'against deletion' : undefined,
    Buys: `pay-as-you-go: ${count('ECS instance', spec.workers.count)}, SLB instances and an EIP, besides the fee of the cluster.`,
    Warning: ignored.map(({ limit, why }) => `${limit}: ${why}`).join('; '),
    'Not checked': notChecked.join('; '),
  });
  return facts.trimEnd().split('\n');
}

function podsOf(spec: CloudClusterSpec): string {
  if (spec.network !== 'flannel' || spec.podCidr === undefined) return 'addresses of the VPC (Terway Edge)';
  const { nodes, pods } = capacityOf(spec);
  return `${spec.podCidr} (Flannel): room for ${count('node', nodes)} with ${pods} addresses each`;
}

function workersOf({ workers }: CloudClusterSpec): string {
  const { count: number, instanceTypes, systemDisk, keyPair, password } = workers;
  const logon = keyPair ? `key pair ${keyPair}` : password ? 'a password' : 'no logon';
  return `${number} × ${instanceTypes.join(' or ')}, ${systemDisk.category} of ${systemDisk.size} GiB, ${logon}`;
}

function logsOf({ logging }: CloudClusterSpec): string {
  const { containers, components, audit, project } = logging;
  const kinds = [
    containers && 'containers',
    components.length > 0 && `control plane (${components.join(', ')})`,
    audit && 'audit',
  ].filter(Boolean);
  return kinds.length > 0 ? `${kinds.join(', ')}, in ${project ?? 'a new project of Log Service'}` : '';
}
