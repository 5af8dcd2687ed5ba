import type { ContainerService } from '../../cloud/cs.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { hasParameters, parametersOf } from './run.ts';
import { type AddonFacts, type AddonStep, installedOf } from './steps.ts';

export interface ParameterChange {
  readonly set: Readonly<Record<string, unknown>>;
  readonly unset: readonly string[];
}

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
  const known = parametersOf(offer?.configSchema).properties;
  const unknown = known ? Object.keys(set).filter((key) => !Object.hasOwn(known as object, key)) : [];
  if (unknown.length > 0)
    throw new EdgeadmError({
      code: 'ADDON_REFUSED',
      what: `${name} has no parameter ${unknown.join(', ')}`,
      why: `it has ${Object.keys(known as object).join(', ')}`,
    });
  const now = parametersOf(detail?.config);
  const removed = unset.filter((key) => Object.hasOwn(now, key));
  const next = Object.fromEntries(Object.entries({ ...now, ...set }).filter(([key]) => !unset.includes(key)));
  const config = JSON.stringify(next);
  if (removed.length === 0 && hasParameters(detail?.config, config)) return [];
  return [{ verb: 'configure', name, from: version, to: version, config }];
}
