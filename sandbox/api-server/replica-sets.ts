import { isDeepStrictEqual } from 'node:util';
import { sha256Of } from '../../src/lib/sha256.ts';
import type { Registry } from './registry.ts';
import { type KubeObject, resourceOf } from './resources.ts';

const SETS = resourceOf('replicasets');
const HASH = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
/** Annotations of a Deployment that its ReplicaSets do not get. Source: kubernetes, deployment_util.go. */
const OWN = [REVISION, 'kubectl.kubernetes.io/last-applied-configuration', 'deprecated.deployment.rollback.to'];

interface Template {
  readonly metadata?: { readonly labels?: Record<string, string> };
  readonly [field: string]: unknown;
}

/**
 * Keeps a ReplicaSet for each pod template that a Deployment has had, as `kubectl rollout history` and `undo` need it:
 * that of the present template has the highest revision and all replicas.
 */
export function reconcileReplicaSets(registry: Registry, deployment: KubeObject): void {
  const { metadata, spec } = deployment;
  if (spec?.paused === true) return;
  const owned = replicaSetsOf(registry, deployment);
  const template = templateOf(deployment);
  const current = owned.find((set) => isDeepStrictEqual(templateOf(set), template));
  const others = owned.filter((set) => set !== current).sort((one, other) => revisionOf(other) - revisionOf(one));
  const newest = others[0] ? revisionOf(others[0]) : 0;
  const before = current ? revisionOf(current) : 0;
  const revision = String(before > newest ? before : newest + 1);
  const wanted = replicaSet(deployment, template, revision);
  if (current) registry.replace(SETS, withWanted(current, wanted), current);
  else registry.insert(SETS, wanted);
  const kept = others.slice(0, Number(spec?.revisionHistoryLimit ?? 10));
  for (const set of kept) registry.replace(SETS, { ...set, spec: { ...set.spec, replicas: 0 } }, set);
  for (const set of others.slice(kept.length)) registry.remove(SETS, set);
  const annotations = { ...metadata.annotations, [REVISION]: revision };
  registry.replace(resourceOf('deployments'), { ...deployment, metadata: { ...metadata, annotations } }, deployment);
}

function withWanted(set: KubeObject, { metadata, spec }: KubeObject): KubeObject {
  const { annotations } = metadata;
  return { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas: spec?.replicas } };
}

/** What the garbage collector does once a Deployment is gone. */
export function removeReplicaSets(registry: Registry, deployment: KubeObject): void {
  for (const set of replicaSetsOf(registry, deployment)) registry.remove(SETS, set);
}

function replicaSetsOf(registry: Registry, { metadata }: KubeObject): KubeObject[] {
  return registry
    .list(SETS, metadata.namespace)
    .filter((set) => set.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid));
}

const revisionOf = ({ metadata }: KubeObject): number => Number(metadata.annotations?.[REVISION] ?? 0);

/** The pod template of a Deployment or ReplicaSet, without the label that tells ReplicaSets apart. */
function templateOf({ spec }: KubeObject): Template {
  const template = (spec?.template ?? {}) as Template;
  const { [HASH]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

function replicaSet({ metadata, spec }: KubeObject, template: Template, revision: string): KubeObject {
  const hash = sha256Of(JSON.stringify(template)).slice(0, 10);
  const labels = { ...template.metadata?.labels, [HASH]: hash };
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(([key]) => !OWN.includes(key)),
  );
  const { matchLabels, ...selector } = (spec?.selector ?? {}) as { matchLabels?: Record<string, string> };
  return {
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace,
      generation: 1,
      labels,
      annotations: { ...annotations, [REVISION]: revision },
      ownerReferences: [
        {
          ...{ apiVersion: 'apps/v1', kind: 'Deployment', name: metadata.name, uid: metadata.uid },
          ...{ controller: true, blockOwnerDeletion: true },
        },
      ],
    },
    spec: {
      replicas: spec?.replicas,
      selector: { ...selector, matchLabels: { ...matchLabels, [HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: { replicas: 0 },
  };
}
