import { isDeepStrictEqual } from 'node:util';
import { parseCertificateRequest } from '../../src/pki/parse-request.ts';
import type { User } from './authentication.ts';
import { isKubeletClient, LEGACY_SIGNER } from './csr-rules.ts';
import { definitionCauses, withDefinitionDefaults } from './custom/definition.ts';
import { withDefaults } from './custom/prune.ts';
import { schemaCauses } from './custom/rules.ts';
import type { Json } from './json.ts';
import { builtIn, groupVersion, type KubeObject, type Resource } from './resources.ts';
import { schemaOf } from './schema/index.ts';
import { serviceCauses, withServiceDefaults } from './services.ts';
import { type Cause, forbidden } from './status.ts';
import { structuralCauses } from './structural.ts';
import { missingUsages, shownBytes } from './wordings.ts';

/** Who writes, through which version of the API. */
export interface Writer {
  readonly user: User;
  readonly version: string;
  /** Of the Kubernetes that this server is. */
  readonly minor: number;
  readonly timestamp: string;
}

/** What is special about a kind. All is optional: the rest is generic. */
interface Strategy {
  /** The object as it is kept when it is new. */
  create?(object: KubeObject, writer: Writer): KubeObject;
  /** The object as it is kept after a change of everything but a subresource. */
  update?(object: KubeObject, before: KubeObject, writer: Writer): KubeObject;
  validate?(object: KubeObject, before?: KubeObject, writer?: Writer): Cause[];
}

const required = (field: string, message = 'Required value'): Cause => ({
  field,
  reason: 'FieldValueRequired',
  message,
});
const wrong = (field: string, value: string, message: string): Cause => ({
  field,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${value}: ${message}`,
});

const STRATEGIES: Readonly<Record<string, Strategy>> = {
  nodes: {
    // The admission plug-in TaintNodesByCondition: no pod comes before the node is ready.
    create: (object) => {
      const taints = (object.spec?.taints ?? []) as { key?: string }[];
      const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
      const others = taints.filter(({ key }) => key !== notReady.key);
      return { ...object, spec: { ...object.spec, taints: [...others, notReady] } };
    },
  },
  namespaces: {
    create: (object) => ({ ...object, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }),
  },
  pods: {
    create: (object) => ({ ...object, status: { phase: 'Pending' } }),
    validate: ({ spec }) => (Array.isArray(spec?.containers) ? [] : [required('spec.containers')]),
  },
  secrets: {
    create: (object) => ({ ...withStringData(object), type: object.type ?? 'Opaque' }),
    update: (object, before) => ({ ...withStringData(object), type: object.type ?? before.type }),
    validate: ({ type }, before) =>
      before && type !== before.type ? [wrong('type', `"${type}"`, 'field is immutable')] : [],
  },
  certificatesigningrequests: { create: createRequest, update: keepSpec, validate: validateRequest },
  customresourcedefinitions: {
    create: withDefinitionDefaults,
    update: withDefinitionDefaults,
    validate: definitionCauses,
  },
  daemonsets: defaulting({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    revisionHistoryLimit: 10,
  }),
  deployments: defaulting({
    replicas: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  }),
  statefulsets: defaulting({
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    revisionHistoryLimit: 10,
  }),
  replicasets: defaulting({ replicas: 1 }),
  replicationcontrollers: defaulting({ replicas: 1 }),
  cronjobs: defaulting({
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  }),
  horizontalpodautoscalers: defaulting({
    minReplicas: 1,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  }),
  persistentvolumes: {
    create: (object) => ({
      ...object,
      spec: { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem', ...object.spec },
      status: { phase: 'Available' },
    }),
  },
  priorityclasses: { create: (object) => ({ preemptionPolicy: 'PreemptLowerPriority', ...object }) },
  services: {
    create: (object, { minor }) => withServiceDefaults(object, minor),
    update: (object, before, { minor }) => withServiceDefaults(object, minor, before),
    validate: serviceCauses,
  },
  persistentvolumeclaims: { create: (object) => ({ ...object, status: { phase: 'Pending' } }) },
};

/** The object as a creation keeps it. */
export function prepareCreate(resource: Resource, object: KubeObject, writer: Writer): KubeObject {
  const made = STRATEGIES[builtIn(resource)]?.create?.(object, writer) ?? object;
  const prepared = withOwnDefaults(resource, made);
  if (!resource.counted) return prepared;
  const { status, ...spec } = prepared;
  const wanted = hasStatus(resource) ? spec : prepared;
  return { ...wanted, metadata: { ...wanted.metadata, generation: 1 } };
}

/** The object as a change keeps it: a subresource changes its own part, all else changes everything but status. */
export function prepareUpdate(
  resource: Resource,
  subresource: string,
  object: KubeObject,
  before: KubeObject,
  writer: Writer,
): KubeObject {
  if (subresource === 'status')
    return withoutUndefined({
      ...before,
      metadata: resource.custom ? before.metadata : object.metadata,
      status: statusOf(resource, withOwnDefaults(resource, object), before),
    });
  if (subresource === 'approval') return { ...before, status: approvalOf(object, before, writer) };
  const changed = hasStatus(resource) ? { ...object, status: before.status } : object;
  const made = STRATEGIES[builtIn(resource)]?.update?.(changed, before, writer) ?? changed;
  const kept = withoutUndefined(withOwnDefaults(resource, made));
  return resource.counted ? countGenerations(kept, before) : kept;
}

function hasStatus({ subresources }: Resource): boolean {
  return subresources.includes('status');
}

/** An object of a custom kind with the defaults of its schema. */
function withOwnDefaults({ defined }: Resource, object: KubeObject): KubeObject {
  if (!defined) return object;
  return withDefaults(object as unknown as Json, defined.rules) as unknown as KubeObject;
}

/** Source: CHANGELOG-1.30, CustomResourceValidationRatcheting is beta, and on by default. */
const FIRST_RATCHETING = 30;

/** What is wrong with an object, beside its metadata. */
export function validate(resource: Resource, object: KubeObject, writer: Writer, before?: KubeObject): Cause[] {
  if (resource.defined) {
    const apiVersion = groupVersion(resource.group, writer.version);
    const whole = (one: KubeObject): Json => ({ apiVersion, kind: resource.kind, ...one }) as unknown as Json;
    const earlier = before && writer.minor >= FIRST_RATCHETING ? whole(before) : undefined;
    return schemaCauses(whole(object), resource.defined.rules, '', earlier);
  }
  if (resource.custom) return structuralCauses(object, schemaOf(resource));
  return STRATEGIES[builtIn(resource)]?.validate?.(object, before, writer) ?? [];
}

function withoutUndefined(object: KubeObject): KubeObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as KubeObject;
}

function withStringData({ stringData, ...object }: KubeObject): KubeObject {
  const texts = Object.entries((stringData ?? {}) as Record<string, string>);
  if (texts.length === 0) return object;
  const encoded = texts.map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')]);
  return { ...object, data: { ...(object.data as object | undefined), ...Object.fromEntries(encoded) } };
}

/** The defaults of Kubernetes in a spec, as far as kubectl reads them. */
function defaulting(defaults: Record<string, unknown>): Strategy {
  const fill = (object: KubeObject): KubeObject => {
    const given = Object.entries(object.spec ?? {}).filter(([key, value]) => !(key in defaults && isEmpty(value)));
    return { ...object, spec: { ...defaults, ...Object.fromEntries(given) } };
  };
  return { create: fill, update: fill };
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function countGenerations(object: KubeObject, before: KubeObject): KubeObject {
  const { metadata: _, status: __, ...content } = object;
  const { metadata, status: ___, ...earlier } = before;
  const step = isDeepStrictEqual(content, earlier) ? 0 : 1;
  return { ...object, metadata: { ...object.metadata, generation: (metadata.generation ?? 1) + step } };
}

/** Kubernetes fills in the user: a client cannot make a request in another's name. */
function createRequest(object: KubeObject, { user, version }: Writer): KubeObject {
  const usages = object.spec?.usages ?? (version === 'v1beta1' ? ['digital signature', 'key encipherment'] : undefined);
  const asked = { ...object.spec, usages };
  const signerName = object.spec?.signerName ?? (version === 'v1beta1' ? defaultSigner(asked) : undefined);
  const request = parseRequest(object);
  if (
    signerName === 'kubernetes.io/kube-apiserver-client' &&
    request?.subject.organizations.includes('system:masters')
  ) {
    const about = { kind: 'certificatesigningrequests', group: 'certificates.k8s.io', name: object.metadata.name };
    throw forbidden(about, `use of ${signerName} signer with system:masters group is not allowed`);
  }
  return { ...object, spec: { ...asked, signerName, username: user.name, groups: user.groups }, status: {} };
}

/** The certificate request in a CertificateSigningRequest; undefined if it is none. */
export function parseRequest({ spec }: KubeObject): ReturnType<typeof parseCertificateRequest> {
  return parseCertificateRequest(Buffer.from(String(spec?.request ?? ''), 'base64').toString('utf8'));
}

function defaultSigner(spec: Record<string, unknown>): string {
  const request = parseRequest({ metadata: {}, spec });
  const isKubelet = request !== undefined && isKubeletClient(request, spec.usages as string[]) === undefined;
  return isKubelet ? 'kubernetes.io/kube-apiserver-client-kubelet' : LEGACY_SIGNER;
}

function keepSpec(object: KubeObject, before: KubeObject): KubeObject {
  return { ...object, spec: before.spec };
}

function validateRequest(object: KubeObject, before?: KubeObject, writer?: Writer): Cause[] {
  if (before) return [];
  const minor = writer?.minor ?? 0;
  const { signerName, usages } = object.spec ?? {};
  const bytes = Buffer.from(String(object.spec?.request ?? ''), 'base64');
  const shown = shownBytes(bytes, minor);
  const causes = parseRequest(object)
    ? []
    : [wrong('spec.request', shown, 'PEM block type must be CERTIFICATE REQUEST')];
  if (!Array.isArray(usages) || usages.length === 0) causes.push(required('spec.usages', missingUsages(minor)));
  if (!/^[^/]+\.[^/]+\/.+$/.test(String(signerName ?? '')))
    causes.push(
      wrong(
        'spec.signerName',
        `"${signerName ?? ''}"`,
        "must be a fully qualified domain and path of the form 'example.com/signer-name'",
      ),
    );
  if (writer?.version === 'v1' && signerName === LEGACY_SIGNER)
    causes.push(
      wrong('spec.signerName', `"${signerName}"`, 'the legacy signerName is not allowed via this API version'),
    );
  return causes;
}

interface Condition {
  readonly type: string;
  readonly status?: string;
  readonly [field: string]: unknown;
}

const conditionsOf = ({ status }: KubeObject): Condition[] => (status?.conditions ?? []) as Condition[];
const isVerdict = ({ type }: Condition): boolean => type === 'Approved' || type === 'Denied';

/** Signers write certificates and failures, no verdicts. */
function statusOf(resource: Resource, object: KubeObject, before: KubeObject): KubeObject['status'] {
  if (builtIn(resource) !== 'certificatesigningrequests') return object.status;
  const verdicts = conditionsOf(before).filter(isVerdict);
  const others = conditionsOf(object).filter((condition) => !isVerdict(condition));
  return { ...object.status, conditions: [...verdicts, ...others] };
}

/** Approvers write verdicts, no certificates. */
function approvalOf(object: KubeObject, before: KubeObject, { timestamp }: Writer): KubeObject['status'] {
  const others = conditionsOf(before).filter((condition) => !isVerdict(condition));
  const verdicts = conditionsOf(object)
    .filter(isVerdict)
    .map((condition) => ({ lastUpdateTime: timestamp, lastTransitionTime: timestamp, ...condition, status: 'True' }));
  return { ...before.status, conditions: [...verdicts, ...others] };
}
