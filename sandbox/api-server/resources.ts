import type { Defined } from './custom/defined.ts';

/** Metadata of an object, as it travels: dates are RFC 3339 texts. */
export interface Metadata {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { apiVersion?: string; kind?: string; name?: string; uid?: string; controller?: boolean }[];
  [field: string]: unknown;
}

/** Any object of the API. Kept without apiVersion and kind: those are the resource's. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: Metadata;
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  [field: string]: unknown;
}

/** What the server must know of a resource; all else is generic. */
export interface Resource {
  readonly group: string;
  /** The preferred one first. */
  readonly versions: readonly string[];
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly subresources: readonly string[];
  /** Paths that a fieldSelector may name, besides metadata.name and metadata.namespace. */
  readonly fields: readonly string[];
  /** Defined by a CustomResourceDefinition: bodies need apiVersion and kind, strategic merge is unknown. */
  readonly custom?: boolean;
  /** A PUT needs metadata.resourceVersion. */
  readonly needsResourceVersion?: boolean;
  /** A PUT makes what is not there. */
  readonly createdByPut?: boolean;
  readonly categories?: readonly string[];
  /** metadata.generation counts the changes of the spec. */
  readonly counted?: boolean;
  /** Answered at once, and not kept. */
  readonly isReview?: boolean;
  /** The minor version of Kubernetes from which its group has it, if the group is older. */
  readonly since?: number;
  /** Bodies are JSON or YAML, as those of custom kinds. */
  readonly hasNoMessages?: boolean;
  /** What its CustomResourceDefinition says; undefined for what is built in. */
  readonly defined?: Defined;
}

const core = { group: '', versions: ['v1'], shortNames: [], namespaced: true, subresources: [], fields: [] } as const;

/** Kept, not looked at: see authorization.ts. */
const rbac = { ...core, group: 'rbac.authorization.k8s.io' } as const;

/** A question about access, as `kubectl auth can-i` asks it. */
const review = { ...core, group: 'authorization.k8s.io', namespaced: false, isReview: true } as const;

/** Kept, and no controller acts on it. */
const kept = { ...core, subresources: ['status'] } as const;

/** Kept for those who list them; nothing is registered and no webhook is called. */
const clusterWide = { ...core, namespaced: false } as const;

/** Defined by OpenYurt. */
const openYurt = {
  ...core,
  group: 'apps.openyurt.io',
  subresources: ['status'],
  custom: true,
  needsResourceVersion: true,
  counted: true,
} as const;

const EVENT_FIELDS = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** Everything that this server serves. */
export const RESOURCES: readonly Resource[] = [
  {
    ...core,
    kind: 'Node',
    plural: 'nodes',
    singular: 'node',
    shortNames: ['no'],
    namespaced: false,
    subresources: ['status'],
    fields: ['spec.unschedulable'],
  },
  {
    ...core,
    kind: 'Pod',
    plural: 'pods',
    singular: 'pod',
    shortNames: ['po'],
    subresources: ['status', 'eviction'],
    fields: ['spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'status.phase', 'status.podIP'],
    categories: ['all'],
  },
  { ...core, kind: 'Secret', plural: 'secrets', singular: 'secret', fields: ['type'] },
  { ...core, kind: 'ConfigMap', plural: 'configmaps', singular: 'configmap', shortNames: ['cm'] },
  {
    ...core,
    kind: 'Namespace',
    plural: 'namespaces',
    singular: 'namespace',
    shortNames: ['ns'],
    namespaced: false,
    subresources: ['status'],
    fields: ['status.phase'],
  },
  {
    ...core,
    kind: 'Event',
    plural: 'events',
    singular: 'event',
    shortNames: ['ev'],
    fields: [...EVENT_FIELDS.map((field) => `involvedObject.${field}`), 'reason', 'type', 'source'],
    createdByPut: true,
  },
  {
    ...core,
    group: 'coordination.k8s.io',
    kind: 'Lease',
    plural: 'leases',
    singular: 'lease',
    needsResourceVersion: true,
    createdByPut: true,
  },
  {
    ...core,
    group: 'certificates.k8s.io',
    versions: ['v1', 'v1beta1'],
    kind: 'CertificateSigningRequest',
    plural: 'certificatesigningrequests',
    singular: 'certificatesigningrequest',
    shortNames: ['csr'],
    namespaced: false,
    subresources: ['status', 'approval'],
    fields: ['spec.signerName'],
  },
  {
    ...core,
    group: 'apps',
    kind: 'DaemonSet',
    plural: 'daemonsets',
    singular: 'daemonset',
    shortNames: ['ds'],
    subresources: ['status'],
    categories: ['all'],
    counted: true,
  },
  {
    ...core,
    group: 'apps',
    kind: 'Deployment',
    plural: 'deployments',
    singular: 'deployment',
    shortNames: ['deploy'],
    subresources: ['status', 'scale'],
    categories: ['all'],
    counted: true,
  },
  {
    ...core,
    group: 'apps',
    kind: 'StatefulSet',
    plural: 'statefulsets',
    singular: 'statefulset',
    shortNames: ['sts'],
    subresources: ['status', 'scale'],
    categories: ['all'],
    counted: true,
  },
  {
    ...core,
    group: 'apps',
    kind: 'ReplicaSet',
    plural: 'replicasets',
    singular: 'replicaset',
    shortNames: ['rs'],
    subresources: ['status', 'scale'],
    categories: ['all'],
    counted: true,
  },
  {
    ...core,
    group: 'apps',
    kind: 'ControllerRevision',
    plural: 'controllerrevisions',
    singular: 'controllerrevision',
  },
  {
    ...core,
    kind: 'ReplicationController',
    plural: 'replicationcontrollers',
    singular: 'replicationcontroller',
    shortNames: ['rc'],
    subresources: ['status', 'scale'],
    categories: ['all'],
    counted: true,
  },
  { ...core, kind: 'PodTemplate', plural: 'podtemplates', singular: 'podtemplate' },
  {
    ...kept,
    group: 'autoscaling',
    versions: ['v2', 'v1'],
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    singular: 'horizontalpodautoscaler',
    shortNames: ['hpa'],
    categories: ['all'],
  },
  {
    ...core,
    kind: 'Service',
    plural: 'services',
    singular: 'service',
    shortNames: ['svc'],
    subresources: ['status'],
    fields: ['spec.clusterIP', 'spec.type'],
    categories: ['all'],
  },
  { ...core, kind: 'Endpoints', plural: 'endpoints', singular: 'endpoints', shortNames: ['ep'] },
  {
    ...core,
    group: 'discovery.k8s.io',
    kind: 'EndpointSlice',
    plural: 'endpointslices',
    singular: 'endpointslice',
    counted: true,
  },
  {
    ...core,
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
    singular: 'persistentvolumeclaim',
    shortNames: ['pvc'],
    subresources: ['status'],
  },
  {
    ...kept,
    kind: 'PersistentVolume',
    plural: 'persistentvolumes',
    singular: 'persistentvolume',
    shortNames: ['pv'],
    namespaced: false,
  },
  { ...kept, kind: 'ResourceQuota', plural: 'resourcequotas', singular: 'resourcequota', shortNames: ['quota'] },
  { ...core, kind: 'LimitRange', plural: 'limitranges', singular: 'limitrange', shortNames: ['limits'] },
  {
    ...kept,
    group: 'networking.k8s.io',
    kind: 'Ingress',
    plural: 'ingresses',
    singular: 'ingress',
    shortNames: ['ing'],
    counted: true,
    since: 19,
  },
  {
    ...clusterWide,
    group: 'networking.k8s.io',
    kind: 'IngressClass',
    plural: 'ingressclasses',
    singular: 'ingressclass',
    counted: true,
    since: 19,
  },
  {
    ...core,
    group: 'networking.k8s.io',
    kind: 'NetworkPolicy',
    plural: 'networkpolicies',
    singular: 'networkpolicy',
    shortNames: ['netpol'],
    counted: true,
  },
  {
    ...clusterWide,
    group: 'node.k8s.io',
    kind: 'RuntimeClass',
    plural: 'runtimeclasses',
    singular: 'runtimeclass',
  },
  {
    ...clusterWide,
    group: 'scheduling.k8s.io',
    kind: 'PriorityClass',
    plural: 'priorityclasses',
    singular: 'priorityclass',
    shortNames: ['pc'],
  },
  { ...clusterWide, group: 'storage.k8s.io', kind: 'CSIDriver', plural: 'csidrivers', singular: 'csidriver' },
  { ...clusterWide, group: 'storage.k8s.io', kind: 'CSINode', plural: 'csinodes', singular: 'csinode' },
  {
    ...clusterWide,
    group: 'storage.k8s.io',
    kind: 'VolumeAttachment',
    plural: 'volumeattachments',
    singular: 'volumeattachment',
    subresources: ['status'],
  },
  {
    ...core,
    group: 'storage.k8s.io',
    kind: 'StorageClass',
    plural: 'storageclasses',
    singular: 'storageclass',
    shortNames: ['sc'],
    namespaced: false,
  },
  {
    ...core,
    group: 'batch',
    kind: 'Job',
    plural: 'jobs',
    singular: 'job',
    subresources: ['status'],
    fields: ['status.successful'],
    categories: ['all'],
    counted: true,
  },
  {
    ...kept,
    group: 'batch',
    kind: 'CronJob',
    plural: 'cronjobs',
    singular: 'cronjob',
    shortNames: ['cj'],
    categories: ['all'],
    counted: true,
    since: 21,
  },
  {
    ...core,
    kind: 'ServiceAccount',
    plural: 'serviceaccounts',
    singular: 'serviceaccount',
    shortNames: ['sa'],
    subresources: ['token'],
  },
  { ...rbac, kind: 'Role', plural: 'roles', singular: 'role' },
  { ...rbac, kind: 'RoleBinding', plural: 'rolebindings', singular: 'rolebinding' },
  { ...rbac, kind: 'ClusterRole', plural: 'clusterroles', singular: 'clusterrole', namespaced: false },
  {
    ...rbac,
    kind: 'ClusterRoleBinding',
    plural: 'clusterrolebindings',
    singular: 'clusterrolebinding',
    namespaced: false,
  },
  {
    ...core,
    group: 'policy',
    versions: ['v1', 'v1beta1'],
    kind: 'PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
    singular: 'poddisruptionbudget',
    shortNames: ['pdb'],
    subresources: ['status'],
    counted: true,
  },
  {
    ...review,
    kind: 'SelfSubjectAccessReview',
    plural: 'selfsubjectaccessreviews',
    singular: 'selfsubjectaccessreview',
  },
  { ...review, kind: 'SelfSubjectRulesReview', plural: 'selfsubjectrulesreviews', singular: 'selfsubjectrulesreview' },
  { ...review, kind: 'SubjectAccessReview', plural: 'subjectaccessreviews', singular: 'subjectaccessreview' },
  {
    ...review,
    group: 'authentication.k8s.io',
    kind: 'SelfSubjectReview',
    plural: 'selfsubjectreviews',
    singular: 'selfsubjectreview',
  },
  {
    ...clusterWide,
    group: 'apiregistration.k8s.io',
    kind: 'APIService',
    plural: 'apiservices',
    singular: 'apiservice',
  },
  {
    ...clusterWide,
    group: 'admissionregistration.k8s.io',
    kind: 'MutatingWebhookConfiguration',
    plural: 'mutatingwebhookconfigurations',
    singular: 'mutatingwebhookconfiguration',
  },
  {
    ...clusterWide,
    group: 'admissionregistration.k8s.io',
    kind: 'ValidatingWebhookConfiguration',
    plural: 'validatingwebhookconfigurations',
    singular: 'validatingwebhookconfiguration',
  },
  {
    ...clusterWide,
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    singular: 'customresourcedefinition',
    shortNames: ['crd', 'crds'],
    subresources: ['status'],
    needsResourceVersion: true,
    categories: ['api-extensions'],
    counted: true,
    hasNoMessages: true,
  },
  {
    ...openYurt,
    versions: ['v1alpha1'],
    kind: 'UnitedDeployment',
    plural: 'uniteddeployments',
    singular: 'uniteddeployment',
    shortNames: ['ud'],
  },
  {
    ...openYurt,
    versions: ['v1beta1'],
    kind: 'YurtAppSet',
    plural: 'yurtappsets',
    singular: 'yurtappset',
    shortNames: ['yas'],
  },
  {
    ...openYurt,
    versions: ['v1beta2', 'v1beta1', 'v1alpha1'],
    kind: 'NodePool',
    plural: 'nodepools',
    singular: 'nodepool',
    shortNames: ['np'],
    namespaced: false,
    categories: ['all'],
  },
  {
    ...openYurt,
    group: 'raven.openyurt.io',
    versions: ['v1beta1'],
    kind: 'Gateway',
    plural: 'gateways',
    singular: 'gateway',
    shortNames: ['gw'],
    namespaced: false,
    categories: ['all'],
  },
];

/** The minor versions of Kubernetes that have a version of a group; all others are in all. */
const LIFETIMES: Readonly<Record<string, { readonly from?: number; readonly to?: number }>> = {
  'authentication.k8s.io/v1': { from: 28 },
  'autoscaling/v2': { from: 23 },
  'certificates.k8s.io/v1beta1': { to: 21 },
  'discovery.k8s.io/v1': { from: 21 },
  'node.k8s.io/v1': { from: 20 },
  'policy/v1': { from: 21 },
  'policy/v1beta1': { to: 24 },
};

/**
 * The versions of a group that a Kubernetes serves, the preferred one first.
 * @param minor of Kubernetes
 */
export function servedVersions(
  { group, versions, since = 0 }: Pick<Resource, 'group' | 'versions' | 'since'>,
  minor: number,
): string[] {
  if (minor < since) return [];
  return versions.filter((version) => {
    const { from = 0, to = Number.POSITIVE_INFINITY } = LIFETIMES[groupVersion(group, version)] ?? {};
    return minor >= from && minor <= to;
  });
}

/** The resource of that kind; for code of the server that knows what it wants. */
export function resourceOf(plural: string): Resource {
  const found = RESOURCES.find((resource) => resource.plural === plural);
  if (!found) throw new Error(`the sandbox does not serve ${plural}`);
  return found;
}

/** `nodes`, `leases.coordination.k8s.io`: what tells a resource from all others. */
export function groupResource({ plural, group }: Pick<Resource, 'group' | 'plural'>): string {
  return group ? `${plural}.${group}` : plural;
}

/** The plural of what is built in; empty for a custom kind, whose plural may be that of another one. */
export function builtIn({ plural, defined }: Resource): string {
  return defined ? '' : plural;
}

/** `v1`, `coordination.k8s.io/v1` */
export function groupVersion(group: string, version: string): string {
  return group ? `${group}/${version}` : version;
}
