import type { ContainerService } from '../../cloud/cs.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { hasParameters, parametersOf } from './run.ts';
import { type AddonFacts, type AddonStep, installedOf } from './steps.ts';

export interface ParameterChange {
  readonly set: Readonly<Record<string, unknown>>;
  readonly unset: readonly string[];
}

/** Of a JSON schema. */
type Properties = Readonly<Record<string, { readonly default?: unknown } | undefined>>;

/**
 * The service replaces all parameters, so those that stay are sent too.
 * @throws EdgeadmError ADDON_NOT_FOUND; ADDON_REFUSED for parameters that the add-on does not have
 */
export async function configureSteps(
  name: string,
  facts: AddonFacts,
  { set, unset }: ParameterChange,
  { service, clusterId }: { readonly service: ContainerService; readonly clusterId: string },
): Promise<AddonStep[]> {
  const { version } = installedOf(name, facts);
  const [detail, offer] = await Promise.all([
    service.installedAddon(clusterId, name),
    service.offeredAddon(clusterId, name, version),
  ]);
  const known = parametersOf(offer?.configSchema).properties as Properties | undefined;
  const unknown = known ? Object.keys(set).filter((key) => !Object.hasOwn(known, key)) : [];
  if (unknown.length > 0)
    throw new EdgeadmError({
      code: 'ADDON_REFUSED',
      what: `${name} has no parameter ${unknown.join(', ')}`,
      why: `it has ${Object.keys(known ?? {}).join(', ')}`,
    });
  const now = parametersOf(detail?.config);
  const isDefault = (key: string) => JSON.stringify(now[key]) === JSON.stringify(known?.[key]?.default);
  const removed = unset.filter((key) => Object.hasOwn(now, key) && !isDefault(key));
  const next = Object.fromEntries(Object.entries({ ...now, ...set }).filter(([key]) => !unset.includes(key)));
  const config = JSON.stringify(next);
  if (removed.length === 0 && hasParameters(detail?.config, config)) return [];
  const before = Object.fromEntries(removed.map((key) => [key, now[key]]));
  const reset = removed.length > 0 && { unset: before };
  return [{ verb: 'configure', name, from: version, to: version, config, ...reset }];
}
