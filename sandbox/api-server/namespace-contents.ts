import type { ObjectChange, Registry } from './registry.ts';
import { builtIn, type KubeObject, resourceOf } from './resources.ts';

const ACCOUNT = 'default';
const ROOT_CA = 'kube-root-ca.crt';
/** Source: CHANGELOG-1.20, feature gate RootCAConfigMap, on since then. */
const FIRST_WITH_ROOT_CA = 20;
const ABOUT = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
};

export interface Cluster {
  readonly caPem: string;
  /** Minor version of Kubernetes. */
  readonly minor: number;
}

/** Makes what every namespace has, if it is missing: an account for pods that name none, and the cluster's CA. */
export function reconcileNamespace(registry: Registry, namespace: string, { caPem, minor }: Cluster): void {
  if (!registry.get(resourceOf('namespaces'), namespace)) return;
  const accounts = resourceOf('serviceaccounts');
  if (!registry.get(accounts, ACCOUNT, namespace))
    registry.insert(accounts, { metadata: { name: ACCOUNT, namespace } });
  if (minor < FIRST_WITH_ROOT_CA) return;
  const maps = resourceOf('configmaps');
  const data = { 'ca.crt': caPem };
  const found = registry.get(maps, ROOT_CA, namespace);
  if (found) registry.replace(maps, { ...found, data }, found);
  else {
    const annotations = minor === FIRST_WITH_ROOT_CA ? undefined : ABOUT;
    registry.insert(maps, { metadata: { name: ROOT_CA, namespace, ...(annotations && { annotations }) }, data });
  }
}

/** The namespace whose contents a change may have damaged; undefined if none. */
export function namespaceToReconcile({
  resource,
  object,
}: Pick<ObjectChange, 'resource' | 'object'>): string | undefined {
  const { name, namespace } = object.metadata;
  if (builtIn(resource) === 'namespaces') return name;
  return isKept(builtIn(resource), object) ? namespace : undefined;
}

function isKept(plural: string, { metadata }: KubeObject): boolean {
  return (
    (plural === 'serviceaccounts' && metadata.name === ACCOUNT) ||
    (plural === 'configmaps' && metadata.name === ROOT_CA)
  );
}
