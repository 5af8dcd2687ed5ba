import type { Json } from '../json.ts';
import type { KubeObject } from '../resources.ts';
import type { Cause } from '../status.ts';
import { notASubdomain } from '../validation.ts';
import type { DefinedVersion, Names } from './defined.ts';
import { schemasIn } from './json-schema.ts';
import { structureCauses } from './structure.ts';
import { namesCauses, versionCauses } from './version-causes.ts';

interface DefinitionSpec {
  readonly group?: string;
  readonly scope?: string;
  readonly names?: Names;
  readonly versions?: readonly DefinedVersion[];
  readonly conversion?: {
    readonly strategy?: string;
    readonly webhook?: {
      readonly clientConfig?: { readonly url?: string; readonly service?: object };
      readonly conversionReviewVersions?: readonly string[];
    };
  };
  readonly preserveUnknownFields?: boolean;
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

interface DefinitionStatus {
  readonly conditions?: readonly Condition[];
  readonly acceptedNames?: Names;
  readonly storedVersions?: readonly string[];
}

export function definitionSpec({ spec }: KubeObject): DefinitionSpec {
  return (spec ?? {}) as DefinitionSpec;
}

export function definitionStatus({ status }: KubeObject): DefinitionStatus {
  return (status ?? {}) as DefinitionStatus;
}

export function isEstablished(definition: KubeObject): boolean {
  return (
    definitionStatus(definition).conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ??
    false
  );
}

/** A CustomResourceDefinition with the names and the conversion that it leaves out. */
export function withDefinitionDefaults(object: KubeObject): KubeObject {
  const { names = {}, conversion } = definitionSpec(object);
  const { kind = '', singular, listKind } = names;
  return {
    ...object,
    spec: {
      ...object.spec,
      names: { ...names, singular: singular || kind.toLowerCase(), listKind: listKind || (kind && `${kind}List`) },
      conversion: conversion ?? { strategy: 'None' },
    },
  };
}

/** What the sandbox leaves out of a CustomResourceDefinition. */
export function unheeded(object: KubeObject): string[] {
  const { versions = [], conversion } = definitionSpec(object);
  const schemas = versions.flatMap(({ schema }) => schemasIn(schema?.openAPIV3Schema ?? {}));
  const hasRules = schemas.some((schema) => (schema['x-kubernetes-validations'] ?? []).length > 0);
  return [
    ...(hasRules
      ? ['the sandbox does not evaluate x-kubernetes-validations: objects that violate them are accepted']
      : []),
    ...(conversion?.strategy === 'Webhook'
      ? ['the sandbox calls no conversion webhook: all versions have the fields that were written']
      : []),
  ];
}

const required = (field: string, why = ''): Cause => ({
  field,
  reason: 'FieldValueRequired',
  message: `Required value${why && `: ${why}`}`,
});
const wrong = (field: string, value: Json, why: string): Cause => ({
  field,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
});
const unsupported = (field: string, value: string, allowed: readonly string[]): Cause => ({
  field,
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: "${value}": supported values: ${allowed.map((each) => `"${each}"`).join(', ')}`,
});
const SCOPES = ['Cluster', 'Namespaced'];

/** What is wrong with a CustomResourceDefinition. Source: apiextensions-apiserver v0.37, pkg/apis/apiextensions/validation */
export function definitionCauses(object: KubeObject, before?: KubeObject): Cause[] {
  const spec = definitionSpec(object);
  const { group = '', scope, names = {}, versions = [] } = spec;
  const name = object.metadata.name ?? '';
  const causes: Cause[] = [];
  if (name !== `${names.plural}.${group}`)
    causes.push(wrong('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  if (group === '') causes.push(required('spec.group'));
  else if (notASubdomain(group)) causes.push(wrong('spec.group', group, notASubdomain(group)));
  else if (!group.includes('.')) causes.push(wrong('spec.group', group, 'should be a domain with at least one dot'));
  if (!scope) causes.push(required('spec.scope'));
  else if (!SCOPES.includes(scope)) causes.push(unsupported('spec.scope', scope, SCOPES));
  if (spec.preserveUnknownFields)
    causes.push(
      wrong(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    );
  if (!names.plural) causes.push(required('spec.names.plural'));
  if (!names.kind) causes.push(required('spec.names.kind'));
  return [
    ...causes,
    ...namesCauses(names, 'spec.names'),
    ...conversionCauses(spec.conversion),
    ...versionsCauses(versions),
    ...versions.flatMap((version, i) => versionCauses(version, `spec.versions[${i}]`)),
    ...versions.flatMap((version, i) => schemaOfVersionCauses(version, `spec.versions[${i}].schema.openAPIV3Schema`)),
    ...approvalCauses(object, before),
    ...(before && isEstablished(before) ? immutableCauses(spec, definitionSpec(before)) : []),
    ...storedCauses(object, versions),
  ];
}

function versionsCauses(versions: readonly DefinedVersion[]): Cause[] {
  const all = versions.map(({ name }) => name);
  const shown = versions as unknown as Json;
  const causes: Cause[] = [];
  if (new Set(all).size < all.length) causes.push(wrong('spec.versions', shown, 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage).length !== 1)
    causes.push(wrong('spec.versions', shown, 'must have exactly one version marked as storage version'));
  return causes;
}

function schemaOfVersionCauses({ schema }: DefinedVersion, field: string): Cause[] {
  const root = schema?.openAPIV3Schema;
  if (!root) return [required(field, 'schemas are required')];
  return structureCauses(root, field);
}

const STRATEGIES = ['None', 'Webhook'];

function conversionCauses(conversion: DefinitionSpec['conversion']): Cause[] {
  const { strategy, webhook } = conversion ?? {};
  const field = 'spec.conversion.webhookClientConfig';
  if (!strategy) return conversion ? [required('spec.conversion.strategy')] : [];
  if (!STRATEGIES.includes(strategy)) return [unsupported('spec.conversion.strategy', strategy, STRATEGIES)];
  if (strategy === 'None')
    return webhook
      ? [
          {
            field,
            reason: 'FieldValueForbidden',
            message: 'Forbidden: should not be set when strategy is not set to Webhook',
          },
        ]
      : [];
  const { clientConfig, conversionReviewVersions = [] } = webhook ?? {};
  const versions = 'spec.conversion.conversionReviewVersions';
  const causes: Cause[] = [];
  if (!clientConfig) causes.push(required(field, 'required when strategy is set to Webhook'));
  else if ((clientConfig.url === undefined) === (clientConfig.service === undefined))
    causes.push(required(field, 'exactly one of url or service is required'));
  if (conversionReviewVersions.length === 0) causes.push(required(versions));
  else if (!conversionReviewVersions.some((version) => ['v1', 'v1beta1'].includes(version)))
    causes.push(wrong(versions, [...conversionReviewVersions], 'must include at least one of v1, v1beta1'));
  return causes;
}

const APPROVED = 'api-approved.kubernetes.io';

/** Groups of Kubernetes itself need a word of approval. Source: apiextensions-apiserver v0.37, pkg/apihelpers/helpers.go */
function approvalCauses(object: KubeObject, before?: KubeObject): Cause[] {
  const { group = '' } = definitionSpec(object);
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return [];
  const approval = approvalOf(object);
  const state = approvalState(approval);
  if (before && state === approvalState(approvalOf(before))) return [];
  const field = `metadata.annotations[${APPROVED}]`;
  const rule = `protected groups must have approval annotation "${APPROVED}"`;
  const more = 'see https://github.com/kubernetes/enhancements/pull/1111';
  if (state === 'missing') return [required(field, `${rule}, ${more}`)];
  if (state === 'given') return [];
  return [wrong(field, approval, `${rule} with either a URL or a reason starting with "unapproved", ${more}`)];
}

function approvalOf({ metadata }: KubeObject): string {
  return metadata.annotations?.[APPROVED] ?? '';
}

function approvalState(approval: string): 'missing' | 'given' | 'invalid' {
  if (approval === '') return 'missing';
  return approval.startsWith('unapproved') || /^[a-z][a-z\d+.-]*:\/\/[^/]/i.test(approval) ? 'given' : 'invalid';
}

function immutableCauses(spec: DefinitionSpec, before: DefinitionSpec): Cause[] {
  const fields = [
    ['spec.scope', spec.scope, before.scope],
    ['spec.names.kind', spec.names?.kind, before.names?.kind],
    ['spec.names.plural', spec.names?.plural, before.names?.plural],
    ['spec.group', spec.group, before.group],
  ] as const;
  return fields.flatMap(([field, now = '', was]) => (now === was ? [] : [wrong(field, now, 'field is immutable')]));
}

/** Objects may have been written in each version that was ever the one for that. */
function storedCauses(object: KubeObject, versions: readonly DefinedVersion[]): Cause[] {
  const { storedVersions = [] } = definitionStatus(object);
  return storedVersions.flatMap((version, i) => {
    if (versions.some(({ name }) => name === version)) return [];
    const why = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    return [wrong(`status.storedVersions[${i}]`, version, why)];
  });
}
