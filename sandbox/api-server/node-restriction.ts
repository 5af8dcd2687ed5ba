import { isDeepStrictEqual } from 'node:util';
import type { Registry } from './registry.ts';
import { builtIn, type KubeObject, type Resource, resourceOf } from './resources.ts';
import { forbidden } from './status.ts';
import { parseRequest } from './strategies.ts';

/** What a node is about to do; `object` is undefined for a deletion, `before` for a creation. */
export interface NodeWrite {
  readonly resource: Resource;
  readonly subresource: string;
  readonly name: string;
  readonly object?: KubeObject;
  readonly before?: KubeObject;
  /** Minor version of the Kubernetes that this server is. */
  readonly minor: number;
}

/** Source: plugin/pkg/admission/noderestriction, v1.30.14 without and v1.31.14 with it. */
const FIRST_WITH_OWN_REQUESTS = 31;
const KUBELET_SIGNERS = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet'];

const MIRROR = 'kubernetes.io/config.mirror';

/** Labels of kubernetes.io and k8s.io that a kubelet may set; anything under the two prefixes too. */
const OWN_LABELS = [
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.kubernetes.io/region',
  'failure-domain.kubernetes.io/zone',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
];
const OWN_PREFIXES = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

/**
 * The admission plug-in NodeRestriction: a node writes what is its own, and not all of that.
 * @throws ApiFailure 403
 */
export function restrictNode(node: string, write: NodeWrite, registry: Registry): void {
  const { resource, name } = write;
  const refuse = (why: string): never => {
    throw forbidden({ kind: resource.plural, group: resource.group, name }, why);
  };
  if (builtIn(resource) === 'nodes') restrictNodeObject(node, write, refuse);
  if (builtIn(resource) === 'pods') restrictPod(node, write, registry, refuse);
  if (builtIn(resource) === 'leases' && name !== node)
    refuse('can only access node lease with the same name as the requesting node');
  if (builtIn(resource) === 'certificatesigningrequests' && write.minor >= FIRST_WITH_OWN_REQUESTS)
    restrictRequest(node, write, refuse);
}

/** A certificate that the signers of kubelets sign is for the node that asks. */
function restrictRequest(node: string, { object, before }: NodeWrite, refuse: (why: string) => never): void {
  if (!object || before || !KUBELET_SIGNERS.includes(String(object.spec?.signerName))) return;
  const asked = parseRequest(object);
  if (!asked) refuse('unable to parse csr: PEM block type must be CERTIFICATE REQUEST');
  const own = `system:node:${node}`;
  if (asked?.subject.commonName !== own) refuse(`can only create a node CSR with CN=${own}`);
}

function restrictNodeObject(node: string, { name, object, before }: NodeWrite, refuse: (why: string) => never): void {
  if (name !== node) refuse(`node "${node}" is not allowed to modify node "${name}"`);
  const labels = object?.metadata.labels ?? {};
  const earlier = before?.metadata.labels ?? {};
  const changed = Object.keys({ ...labels, ...earlier }).filter((key) => labels[key] !== earlier[key]);
  const others = changed.filter((key) => !isOwnLabel(key)).sort();
  if (!before) {
    if (others.length > 0) refuse(`node "${node}" is not allowed to set the following labels: ${others.join(', ')}`);
    return;
  }
  if (!isDeepStrictEqual(object?.spec?.taints, before.spec?.taints))
    refuse(`node "${node}" is not allowed to modify taints`);
  if (!isDeepStrictEqual(object?.metadata.ownerReferences, before.metadata.ownerReferences))
    refuse(`node "${node}" is not allowed to modify ownerReferences`);
  if (others.length > 0) refuse(`is not allowed to modify labels: ${others.join(', ')}`);
}

function isOwnLabel(key: string): boolean {
  const [prefix = ''] = key.includes('/') ? key.split('/') : [];
  if (!/(^|\.)(kubernetes|k8s)\.io$/.test(prefix) || OWN_LABELS.includes(key)) return true;
  return OWN_PREFIXES.some((own) => prefix === own || prefix.endsWith(`.${own}`));
}

function restrictPod(
  node: string,
  { subresource, object, before }: NodeWrite,
  registry: Registry,
  refuse: (why: string) => never,
): void {
  const isOwn = (before ?? object)?.spec?.nodeName === node;
  const itself = 'pods with spec.nodeName set to itself';
  if (subresource === 'eviction' && !isOwn) refuse(`node ${node} can only evict ${itself}`);
  if (subresource === 'status' && !isOwn) refuse(`node "${node}" can only update pod status for ${itself}`);
  if (!object && !subresource && !isOwn) refuse(`node "${node}" can only delete ${itself}`);
  if (!object || before) return;
  if (object.metadata.annotations?.[MIRROR] === undefined)
    refuse(`pod does not have "${MIRROR}" annotation, node "${node}" can only create mirror pods`);
  if (!isOwn) refuse(`node "${node}" can only create ${itself}`);
  const [owner, ...others] = object.metadata.ownerReferences ?? [];
  if (others.length > 0 || owner?.kind !== 'Node' || owner.name !== node || !owner.controller)
    refuse(`node "${node}" can only create pods with an owner reference set to itself`);
  const uid = registry.get(resourceOf('nodes'), node)?.metadata.uid;
  if (owner?.uid !== uid) refuse(`node ${node} UID mismatch: expected ${owner?.uid} got ${uid}`);
}
