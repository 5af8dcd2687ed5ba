import type { User } from './authentication.ts';
import type { Registry } from './registry.ts';
import { type KubeObject, resourceOf } from './resources.ts';

/** A rule of a Role or ClusterRole. */
interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** A rule that a binding gives to its subjects. */
export interface Grant {
  readonly rule: PolicyRule;
  /** Everywhere if undefined. */
  readonly namespace?: string;
}

interface Subject {
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
}

/** What the bindings in the store give to a user, directly or through one of its groups. */
export function grantsOf(registry: Registry, user: User): Grant[] {
  const rolesOf = (plural: string): KubeObject[] =>
    registry.list(resourceOf(plural)).filter((binding) => subjectsOf(binding).some((one) => isSubject(user, one)));
  return [...rolesOf('clusterrolebindings'), ...rolesOf('rolebindings')].flatMap((binding) => {
    const { namespace } = binding.metadata;
    return rulesOfRole(registry, binding).map((rule) => ({ rule, ...(namespace && { namespace }) }));
  });
}

/** A ServiceAccount is in the namespace of its RoleBinding unless it says another. */
function subjectsOf({ subjects, metadata }: KubeObject): Subject[] {
  return ((subjects ?? []) as Subject[]).map((one) => ({ namespace: metadata.namespace, ...one }));
}

function isSubject(user: User, { kind, name = '', namespace = '' }: Subject): boolean {
  if (kind === 'Group') return user.groups.includes(name);
  return user.name === (kind === 'ServiceAccount' ? `system:serviceaccount:${namespace}:${name}` : name);
}

function rulesOfRole(registry: Registry, { roleRef, metadata }: KubeObject): readonly PolicyRule[] {
  const { kind, name = '' } = (roleRef ?? {}) as { kind?: string; name?: string };
  const role =
    kind === 'ClusterRole'
      ? registry.get(resourceOf('clusterroles'), name)
      : registry.get(resourceOf('roles'), name, metadata.namespace);
  return (role?.rules ?? []) as PolicyRule[];
}
