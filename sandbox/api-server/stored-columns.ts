import {
  age,
  ageColumn,
  at,
  type Column,
  containersAt,
  countColumn,
  keysAt,
  NONE,
  nameColumn,
  pairsAt,
  textColumn,
  valueAt,
} from './columns.ts';
import type { KubeObject } from './resources.ts';

const UNSET = '<unset>';
const flag = (name: string, path: string, absent: boolean): Column => ({
  name,
  type: 'boolean',
  cell: at(path, absent),
});
const joined = (values: readonly (string | undefined)[], none = NONE): string =>
  values.filter(Boolean).join(',') || none;
const listAt = <T = Record<string, string>>(object: KubeObject, path: string): T[] =>
  (valueAt(object, path) as T[] | undefined) ?? [];

const CONTAINERS: readonly Column[] = [
  { name: 'Containers', wide: true, cell: containersAt('name') },
  { name: 'Images', wide: true, cell: containersAt('image') },
];
const SELECTOR: Column = { name: 'Selector', wide: true, cell: pairsAt('spec.selector.matchLabels') };

const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const accessModes = (path: string): Column => ({
  name: 'Access Modes',
  cell: (object) =>
    listAt<string>(object, path)
      .map((mode) => MODES[mode] ?? mode)
      .join(','),
});
const attributesClass: Column = {
  ...textColumn('VolumeAttributesClass', 'spec.volumeAttributesClassName', UNSET),
  since: 29,
};
const createdAt: Column = { name: 'Created At', cell: at('metadata.creationTimestamp', '') };

const replicas = (selector: Column): Column[] => [
  nameColumn,
  countColumn('Desired', 'spec.replicas'),
  countColumn('Current', 'status.replicas'),
  countColumn('Ready', 'status.readyReplicas'),
  ageColumn,
  ...CONTAINERS,
  selector,
];

/** Columns of kinds that are kept and not acted on. Source: pkg/printers/internalversion, v1.22 to v1.37. */
export const STORED_COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  replicasets: replicas(SELECTOR),
  replicationcontrollers: replicas({ name: 'Selector', wide: true, cell: pairsAt('spec.selector') }),
  podtemplates: [
    nameColumn,
    { name: 'Containers', cell: containersAt('name', 'template.spec.containers') },
    { name: 'Images', cell: containersAt('image', 'template.spec.containers') },
    { name: 'Pod Labels', cell: pairsAt('template.metadata.labels') },
  ],
  controllerrevisions: [
    nameColumn,
    { name: 'Controller', cell: controllerOf },
    { name: 'Revision', cell: at('revision', 0) },
    ageColumn,
  ],
  jobs: [
    nameColumn,
    { name: 'Status', since: 30, cell: jobStatus },
    { name: 'Completions', cell: jobCompletions },
    { name: 'Duration', cell: (job, now) => (job.status?.startTime ? age(job.status.startTime as string, now) : '') },
    ageColumn,
    ...CONTAINERS,
    SELECTOR,
  ],
  cronjobs: [
    nameColumn,
    textColumn('Schedule', 'spec.schedule'),
    { ...textColumn('Timezone', 'spec.timeZone'), since: 30 },
    { name: 'Suspend', type: 'boolean', cell: (job) => (job.spec?.suspend ? 'True' : 'False') },
    { name: 'Active', type: 'integer', cell: (job) => listAt(job, 'status.active').length },
    { name: 'Last Schedule', cell: ({ status }, now) => lastSchedule(status?.lastScheduleTime, now) },
    ageColumn,
    ...['name', 'image'].map((field) => ({
      name: field === 'name' ? 'Containers' : 'Images',
      wide: true,
      cell: (job: KubeObject) =>
        joined(listAt(job, 'spec.jobTemplate.spec.template.spec.containers').map((container) => container[field])),
    })),
    { name: 'Selector', wide: true, cell: pairsAt('spec.jobTemplate.spec.selector.matchLabels') },
  ],
  horizontalpodautoscalers: [
    nameColumn,
    { name: 'Reference', cell: ({ spec }) => reference(spec?.scaleTargetRef) },
    { name: 'Targets', until: 31, cell: (scaler) => targets(scaler, false) },
    { name: 'Targets', since: 31, cell: (scaler) => targets(scaler, true) },
    { name: 'MinPods', cell: ({ spec }) => String(spec?.minReplicas ?? UNSET) },
    { name: 'MaxPods', cell: at('spec.maxReplicas', 0) },
    { name: 'Replicas', cell: at('status.currentReplicas', 0) },
    ageColumn,
  ],
  persistentvolumes: [
    nameColumn,
    textColumn('Capacity', 'spec.capacity.storage', ''),
    accessModes('spec.accessModes'),
    textColumn('Reclaim Policy', 'spec.persistentVolumeReclaimPolicy', ''),
    textColumn('Status', 'status.phase', ''),
    { name: 'Claim', cell: ({ spec }) => claim(spec?.claimRef) },
    textColumn('StorageClass', 'spec.storageClassName', ''),
    attributesClass,
    textColumn('Reason', 'status.reason', ''),
    ageColumn,
    textColumn('VolumeMode', 'spec.volumeMode', UNSET, true),
  ],
  persistentvolumeclaims: [
    nameColumn,
    textColumn('Status', 'status.phase', ''),
    textColumn('Volume', 'spec.volumeName', ''),
    textColumn('Capacity', 'status.capacity.storage', ''),
    accessModes('status.accessModes'),
    textColumn('StorageClass', 'spec.storageClassName', ''),
    attributesClass,
    ageColumn,
    textColumn('VolumeMode', 'spec.volumeMode', UNSET, true),
  ],
  storageclasses: [
    { ...nameColumn, cell: (kind) => `${kind.metadata.name}${isDefault(kind) ? ' (default)' : ''}` },
    textColumn('Provisioner', 'provisioner', ''),
    textColumn('ReclaimPolicy', 'reclaimPolicy', 'Delete'),
    textColumn('VolumeBindingMode', 'volumeBindingMode', 'Immediate'),
    { name: 'AllowVolumeExpansion', cell: at('allowVolumeExpansion', false) },
    ageColumn,
  ],
  poddisruptionbudgets: [
    nameColumn,
    { name: 'Min Available', cell: ({ spec }) => String(spec?.minAvailable ?? 'N/A') },
    { name: 'Max Unavailable', cell: ({ spec }) => String(spec?.maxUnavailable ?? 'N/A') },
    countColumn('Allowed Disruptions', 'status.disruptionsAllowed'),
    ageColumn,
  ],
  resourcequotas: [
    nameColumn,
    { ...ageColumn, until: 33 },
    // What is used is not counted.
    { name: 'Request', cell: () => '' },
    { name: 'Limit', cell: () => '' },
    { ...ageColumn, since: 33 },
  ],
  limitranges: [nameColumn, createdAt],
  customresourcedefinitions: [nameColumn, createdAt],
  ingresses: [
    nameColumn,
    textColumn('Class', 'spec.ingressClassName'),
    {
      name: 'Hosts',
      cell: (ingress) =>
        joined(
          listAt(ingress, 'spec.rules').map(({ host }) => host),
          '*',
        ),
    },
    { name: 'Address', cell: at('status.loadBalancer.ingress.0.ip', '') },
    { name: 'Ports', cell: (ingress) => (listAt(ingress, 'spec.tls').length > 0 ? '80, 443' : '80') },
    ageColumn,
  ],
  ingressclasses: [
    nameColumn,
    textColumn('Controller', 'spec.controller', ''),
    { name: 'Parameters', cell: ({ spec }) => (spec?.parameters ? reference(spec.parameters) : NONE) },
    ageColumn,
  ],
  networkpolicies: [nameColumn, { name: 'Pod-Selector', cell: pairsAt('spec.podSelector.matchLabels') }, ageColumn],
  runtimeclasses: [nameColumn, textColumn('Handler', 'handler', ''), ageColumn],
  priorityclasses: [
    nameColumn,
    countColumn('Value', 'value'),
    flag('Global-Default', 'globalDefault', false),
    ageColumn,
    { ...textColumn('PreemptionPolicy', 'preemptionPolicy', ''), since: 32 },
  ],
  csidrivers: [
    nameColumn,
    flag('AttachRequired', 'spec.attachRequired', true),
    flag('PodInfoOnMount', 'spec.podInfoOnMount', false),
    { ...flag('StorageCapacity', 'spec.storageCapacity', false), since: 24 },
    {
      name: 'TokenRequests',
      cell: (driver) =>
        joined(
          listAt(driver, 'spec.tokenRequests').map(({ audience }) => audience),
          UNSET,
        ),
    },
    flag('RequiresRepublish', 'spec.requiresRepublish', false),
    { name: 'Modes', cell: (driver) => joined(listAt<string>(driver, 'spec.volumeLifecycleModes')) },
    ageColumn,
  ],
  csinodes: [
    nameColumn,
    { name: 'Drivers', type: 'integer', cell: (node) => listAt(node, 'spec.drivers').length },
    ageColumn,
  ],
  volumeattachments: [
    nameColumn,
    textColumn('Attacher', 'spec.attacher', ''),
    textColumn('PV', 'spec.source.persistentVolumeName', ''),
    textColumn('Node', 'spec.nodeName', ''),
    flag('Attached', 'status.attached', false),
    ageColumn,
  ],
  serviceaccounts: [nameColumn, { name: 'Secrets', until: 35, type: 'integer', cell: keysAt('secrets') }, ageColumn],
  roles: [nameColumn, createdAt],
  clusterroles: [nameColumn, createdAt],
  rolebindings: [nameColumn, { name: 'Role', cell: ({ roleRef }) => reference(roleRef) }, ageColumn, ...subjects()],
  clusterrolebindings: [
    nameColumn,
    { name: 'Role', cell: ({ roleRef }) => reference(roleRef) },
    ageColumn,
    ...subjects(),
  ],
};

function jobStatus({ metadata, spec, status }: KubeObject): string {
  const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
  const has = (type: string) => conditions.some((condition) => condition.type === type && condition.status === 'True');
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (metadata.deletionTimestamp) return 'Terminating';
  return spec?.suspend || has('Suspended') ? 'Suspended' : 'Running';
}

function jobCompletions({ spec, status }: KubeObject): string {
  const parallelism = Number(spec?.parallelism ?? 0);
  const wanted = spec?.completions ?? (parallelism > 1 ? `1 of ${parallelism}` : 1);
  return `${status?.succeeded ?? 0}/${wanted}`;
}

const lastSchedule = (time: unknown, now: number): string => (typeof time === 'string' ? age(time, now) : NONE);

function reference(given: unknown): string {
  const { kind = '', name = '' } = (given ?? {}) as { kind?: string; name?: string };
  return `${kind}/${name}`;
}

function claim(given: unknown): string {
  const { namespace = '', name = '' } = (given ?? {}) as { namespace?: string; name?: string };
  return name ? `${namespace}/${name}` : '';
}

/** `daemonset.apps/agent` */
function controllerOf({ metadata }: KubeObject): string {
  const { apiVersion = '', kind = '', name } = metadata.ownerReferences?.find(({ controller }) => controller) ?? {};
  return name ? `${kind.toLowerCase()}.${apiVersion.split('/')[0]}/${name}` : NONE;
}

interface Metric {
  readonly resource?: { readonly name: string; readonly target?: MetricValue; readonly current?: MetricValue };
}

interface MetricValue {
  readonly averageUtilization?: number;
  readonly averageValue?: string;
}

/** @param isNamed true to say of what each target is */
function targets({ spec, status }: KubeObject, isNamed: boolean): string {
  const shown = (value: MetricValue | undefined): string =>
    value?.averageUtilization === undefined ? (value?.averageValue ?? '<unknown>') : `${value.averageUtilization}%`;
  const currents = (status?.currentMetrics ?? []) as Metric[];
  const cells = ((spec?.metrics ?? []) as Metric[]).map(({ resource }) => {
    const current = currents.find((one) => one.resource?.name === resource?.name)?.resource?.current;
    return `${isNamed && resource ? `${resource.name}: ` : ''}${shown(current)}/${shown(resource?.target)}`;
  });
  const more = cells.length > 2 ? ` + ${cells.length - 2} more...` : '';
  return cells.length === 0 ? NONE : `${cells.slice(0, 2).join(', ')}${more}`;
}

const isDefault = ({ metadata }: KubeObject): boolean =>
  metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';

/** Users, groups and service accounts of a binding. */
function subjects(): Column[] {
  const of = (binding: KubeObject, kind: string) =>
    listAt(binding, 'subjects').filter((subject) => subject.kind === kind);
  return [
    {
      name: 'Users',
      wide: true,
      cell: (binding) =>
        of(binding, 'User')
          .map(({ name }) => name)
          .join(', '),
    },
    {
      name: 'Groups',
      wide: true,
      cell: (binding) =>
        of(binding, 'Group')
          .map(({ name }) => name)
          .join(', '),
    },
    {
      name: 'ServiceAccounts',
      wide: true,
      cell: (binding) =>
        of(binding, 'ServiceAccount')
          .map((one) => `${one.namespace}/${one.name}`)
          .join(', '),
    },
  ];
}
