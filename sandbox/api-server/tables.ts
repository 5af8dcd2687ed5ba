import {
  age,
  ageColumn,
  at,
  type Column,
  containersAt,
  countColumn,
  duration,
  keysAt,
  NONE,
  nameColumn,
  pairsAt,
  textColumn,
  UNKNOWN,
  valueAt,
} from './columns.ts';
import { customColumns } from './custom/printer-columns.ts';
import type { KubeObject, Resource } from './resources.ts';
import { STORED_COLUMNS } from './stored-columns.ts';

/** What `kubectl get` shows of each kind: the columns of Kubernetes 1.20 to 1.37. */
const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  nodes: [
    nameColumn,
    { name: 'Status', cell: nodeStatus },
    { name: 'Roles', cell: nodeRoles },
    ageColumn,
    textColumn('Version', 'status.nodeInfo.kubeletVersion', ''),
    { name: 'Internal-IP', wide: true, cell: (node) => nodeAddress(node, 'InternalIP') },
    { name: 'External-IP', wide: true, cell: (node) => nodeAddress(node, 'ExternalIP') },
    textColumn('OS-Image', 'status.nodeInfo.osImage', UNKNOWN, true),
    textColumn('Kernel-Version', 'status.nodeInfo.kernelVersion', UNKNOWN, true),
    textColumn('Container-Runtime', 'status.nodeInfo.containerRuntimeVersion', UNKNOWN, true),
  ],
  pods: [
    nameColumn,
    { name: 'Ready', cell: podReady },
    textColumn('Status', 'status.phase', ''),
    { name: 'Restarts', type: 'integer', cell: podRestarts, until: 22 },
    { name: 'Restarts', cell: (pod) => String(podRestarts(pod)), since: 22 },
    ageColumn,
    textColumn('IP', 'status.podIP', NONE, true),
    textColumn('Node', 'spec.nodeName', NONE, true),
    textColumn('Nominated Node', 'status.nominatedNodeName', NONE, true),
    { name: 'Readiness Gates', wide: true, cell: () => NONE },
  ],
  secrets: [nameColumn, textColumn('Type', 'type'), { name: 'Data', cell: keysAt('data') }, ageColumn],
  configmaps: [nameColumn, { name: 'Data', cell: keysAt('data') }, ageColumn],
  namespaces: [nameColumn, textColumn('Status', 'status.phase'), ageColumn],
  leases: [nameColumn, textColumn('Holder', 'spec.holderIdentity', ''), ageColumn],
  events: [
    { name: 'Last Seen', cell: (event, now) => ageAt(event, 'lastTimestamp', now) },
    textColumn('Type', 'type', ''),
    textColumn('Reason', 'reason', ''),
    { name: 'Object', cell: ({ involvedObject }) => involved(involvedObject as Record<string, string> | undefined) },
    textColumn('Subobject', 'involvedObject.fieldPath', '', true),
    { name: 'Source', wide: true, cell: eventSource },
    textColumn('Message', 'message', ''),
    { name: 'First Seen', wide: true, cell: (event, now) => ageAt(event, 'firstTimestamp', now) },
    textColumn('Count', 'count', 1, true),
    { ...nameColumn, wide: true },
  ],
  certificatesigningrequests: [
    nameColumn,
    ageColumn,
    textColumn('SignerName', 'spec.signerName'),
    textColumn('Requestor', 'spec.username', ''),
    { name: 'RequestedDuration', cell: requestedDuration, since: 22 },
    { name: 'Condition', cell: requestCondition },
  ],
  daemonsets: [
    nameColumn,
    countColumn('Desired', 'status.desiredNumberScheduled'),
    countColumn('Current', 'status.currentNumberScheduled'),
    countColumn('Ready', 'status.numberReady'),
    countColumn('Up-to-date', 'status.updatedNumberScheduled'),
    countColumn('Available', 'status.numberAvailable'),
    { name: 'Node Selector', cell: pairsAt('spec.template.spec.nodeSelector') },
    ageColumn,
    { name: 'Containers', wide: true, cell: containersAt('name') },
    { name: 'Images', wide: true, cell: containersAt('image') },
    { name: 'Selector', wide: true, cell: pairsAt('spec.selector.matchLabels') },
  ],
  deployments: [
    nameColumn,
    { name: 'Ready', cell: replicasReady },
    textColumn('Up-to-date', 'status.updatedReplicas', 0),
    textColumn('Available', 'status.availableReplicas', 0),
    ageColumn,
    { name: 'Containers', wide: true, cell: containersAt('name') },
    { name: 'Images', wide: true, cell: containersAt('image') },
    { name: 'Selector', wide: true, cell: pairsAt('spec.selector.matchLabels') },
  ],
  statefulsets: [
    nameColumn,
    { name: 'Ready', cell: replicasReady },
    ageColumn,
    { name: 'Containers', wide: true, cell: containersAt('name') },
    { name: 'Images', wide: true, cell: containersAt('image') },
  ],
  services: [
    nameColumn,
    textColumn('Type', 'spec.type'),
    textColumn('Cluster-IP', 'spec.clusterIP'),
    { name: 'External-IP', cell: at('status.loadBalancer.ingress.0.ip') },
    { name: 'Port(s)', cell: servicePorts },
    ageColumn,
    { name: 'Selector', wide: true, cell: pairsAt('spec.selector') },
  ],
  uniteddeployments: [
    nameColumn,
    countColumn('READY', 'status.readyReplicas'),
    textColumn('WorkloadTemplate', 'status.templateType', ''),
    { ...ageColumn, name: 'AGE' },
  ],
  yurtappsets: [
    nameColumn,
    countColumn('TOTAL', 'status.totalWorkloads'),
    countColumn('READY', 'status.readyWorkloads'),
    countColumn('UPDATED', 'status.updatedWorkloads'),
    { ...ageColumn, name: 'AGE' },
  ],
  nodepools: [
    nameColumn,
    textColumn('Type', 'spec.type', ''),
    countColumn('ReadyNodes', 'status.readyNodeNum'),
    countColumn('NotReadyNodes', 'status.unreadyNodeNum'),
    ageColumn,
  ],
};

function columnsOf({ plural, defined }: Resource, minor: number): readonly Column[] {
  const own = defined && customColumns(defined.columns);
  const columns = own ?? COLUMNS[plural] ?? STORED_COLUMNS[plural] ?? [nameColumn, ageColumn];
  return columns.filter(({ since = 0, until = Infinity }) => since <= minor && minor < until);
}

/** A meta.k8s.io/v1 Table; its rows carry the metadata that kubectl needs for namespaces and labels. */
export function objectTable(
  { resource, minor, now }: { readonly resource: Resource; readonly minor: number; readonly now: number },
  objects: readonly KubeObject[],
  metadata: object,
  rowObject: (object: KubeObject) => object | undefined,
): object {
  const columns = columnsOf(resource, minor);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, type = 'string', wide }) => ({
      name,
      type,
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority: wide ? 1 : 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, now)),
      object: rowObject(object),
    })),
  };
}

function ageAt(object: KubeObject, path: string, now: number): string {
  return age(valueAt(object, path) as string | undefined, now);
}

function eventSource({ source }: KubeObject): string {
  const { component, host } = (source ?? {}) as { component?: string; host?: string };
  return [component, host].filter(Boolean).join(', ');
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

function nodeStatus({ spec, status }: KubeObject): string {
  const conditions = (status?.conditions ?? []) as Condition[];
  const ready = conditions.find(({ type }) => type === 'Ready');
  const state = !ready ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable ? `${state},SchedulingDisabled` : state;
}

function nodeRoles({ metadata }: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(metadata.labels ?? {}).filter((key) => key.startsWith(prefix) && key !== prefix);
  return (
    roles
      .map((key) => key.slice(prefix.length))
      .sort()
      .join(',') || NONE
  );
}

function nodeAddress({ status }: KubeObject, wanted: string): string {
  const addresses = (status?.addresses ?? []) as { type: string; address: string }[];
  return addresses.find(({ type }) => type === wanted)?.address ?? NONE;
}

function replicasReady({ spec, status }: KubeObject): string {
  return `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`;
}

interface ContainerStatus {
  readonly ready?: boolean;
  readonly restartCount?: number;
}

function podReady({ spec, status }: KubeObject): string {
  const containers = (spec?.containers ?? []) as unknown[];
  const ready = ((status?.containerStatuses ?? []) as ContainerStatus[]).filter((container) => container.ready);
  return `${ready.length}/${containers.length}`;
}

function podRestarts({ status }: KubeObject): number {
  const containers = (status?.containerStatuses ?? []) as ContainerStatus[];
  return containers.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
}

function requestedDuration({ spec }: KubeObject): string {
  const seconds = spec?.expirationSeconds;
  return typeof seconds === 'number' ? duration(seconds) : NONE;
}

function requestCondition({ status }: KubeObject): string {
  const types = ((status?.conditions ?? []) as Condition[]).map(({ type }) => type);
  const verdict = ['Denied', 'Approved', 'Failed'].filter((type) => types.includes(type));
  return [verdict.join(',') || 'Pending', ...(status?.certificate ? ['Issued'] : [])].join(',');
}

function involved(reference: Record<string, string> = {}): string {
  return `${(reference.kind ?? '').toLowerCase()}/${reference.name ?? ''}`;
}

function servicePorts({ spec }: KubeObject): string {
  const ports = (spec?.ports ?? []) as { port?: number; nodePort?: number; protocol?: string }[];
  const shown = ports.map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`);
  return shown.join(',') || NONE;
}
