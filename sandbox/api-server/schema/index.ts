import type { Resource } from '../resources.ts';
import { UNITED_DEPLOYMENT, YURT_APP_SET } from './app-sets.ts';
import kubernetes from './definitions.json' with { type: 'json' };
import { GATEWAY } from './gateway.ts';
import { NODE_POOL } from './nodepool.ts';
import type { Definition, Schema } from './schema.ts';

export type { Definition, Numbers, Schema } from './schema.ts';

interface CustomKind {
  readonly name: string;
  readonly definition: Definition;
}

/** Kinds of OpenYurt. */
const CUSTOM: Readonly<Record<string, CustomKind>> = {
  Gateway: { name: 'io.openyurt.raven.v1beta1.Gateway', definition: GATEWAY },
  NodePool: { name: 'io.openyurt.apps.v1beta1.NodePool', definition: NODE_POOL },
  UnitedDeployment: { name: 'io.openyurt.apps.v1alpha1.UnitedDeployment', definition: UNITED_DEPLOYMENT },
  YurtAppSet: { name: 'io.openyurt.apps.v1beta1.YurtAppSet', definition: YURT_APP_SET },
};

export const DEFINITIONS: Readonly<Record<string, Definition>> = {
  ...(kubernetes as unknown as Record<string, Definition>),
  ...customDefinitions(),
};

function customDefinitions(): Record<string, Definition> {
  return Object.fromEntries(Object.values(CUSTOM).map(({ name, definition }) => [name, definition]));
}

/** What tells which definition a resource has. */
type Described = Pick<Resource, 'group' | 'kind' | 'custom' | 'defined'>;

export const REFERENCE = '#/definitions/';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
export const OBJECT_META: Schema = { $ref: `${REFERENCE}${META}.ObjectMeta` };

/** The version that is kept of a kind whose versions have fields of their own. Of all others they have those of v1. */
const KEPT: Readonly<Record<string, string>> = { HorizontalPodAutoscaler: 'v2' };

/** `io.k8s.api.core.v1.Pod`; without a version that of the objects in the store. */
export function definitionName(
  { group, kind, custom, defined, versions }: Described & Partial<Pick<Resource, 'versions'>>,
  version?: string,
): string {
  if (defined) return [...group.split('.').reverse(), version ?? versions?.[0], kind].join('.');
  if (custom) return CUSTOM[kind]?.name ?? '';
  if (group === 'meta.k8s.io') return `${META}.${kind}`;
  const kept = KEPT[kind];
  return `io.k8s.api.${group.split('.')[0] || 'core'}.${kept ? (version ?? kept) : 'v1'}.${kind}`;
}

/** Undefined for a kind that is not served. DeleteOptions belong to every group. */
export function definitionOfKind(apiVersion: string, kind: string): Definition | undefined {
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  return DEFINITIONS[definitionName({ group: kind === 'DeleteOptions' ? 'meta.k8s.io' : group, kind }, version)];
}

/** The schema itself, if it only names one. */
export function resolved(schema: Schema | undefined): Definition | undefined {
  return schema?.$ref ? DEFINITIONS[schema.$ref.slice(REFERENCE.length)] : schema;
}

/** What a resource's objects look like; without a version those in the store. */
export function schemaOf(resource: Described, version?: string): Definition {
  return resource.defined?.schema ?? DEFINITIONS[definitionName(resource, version)] ?? {};
}
