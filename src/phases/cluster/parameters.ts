import type { ContainerService } from '../../cloud/cs.ts';
import { EdgeadmError } from '../../errors/index.ts';
import { parametersOf } from '../addon/run.ts';

/** Control-plane components whose parameters can be changed. Source: the guide, 5.5. */
export const CONFIGURABLE_COMPONENTS = ['kube-apiserver', 'kube-controller-manager'] as const;

export type ConfigurableComponent = (typeof CONFIGURABLE_COMPONENTS)[number];

/** The guide's, of Kubernetes 1.16, for what the service's schema does not say. */
const DEFAULTS: Readonly<Record<ConfigurableComponent, Readonly<Record<string, string>>>> = {
  'kube-apiserver': { ServiceNodePortRange: '30000-32767', EnableAdmissionPlugins: 'NodeRestriction' },
  'kube-controller-manager': { HorizontalPodAutoscalerSyncPeriod: '15s' },
};

/** Durations as Go writes them. */
const DURATION = /^(\d+(\.\d+)?(ms|s|m|h))+$/;

/** A component does not start with a value that it cannot read. Source: the guide, 5.5, and Kubernetes' flags of these names. */
const RULES: Readonly<Record<string, readonly [isValid: (value: string) => boolean, rule: string]>> = {
  ServiceNodePortRange: [isPortRange, 'must be two ports from 1 to 65535, such as 30000-32767'],
  EnableAdmissionPlugins: [
    (value) => /^[A-Z]\w*(,[A-Z]\w*)*$/.test(value),
    'must be names of admission plug-ins, separated by commas',
  ],
  HorizontalPodAutoscalerSyncPeriod: [
    (value) => DURATION.test(value) && /[1-9]/.test(value),
    'must be a duration, such as 15s',
  ],
};

function isPortRange(text: string): boolean {
  const [, from = 0, to = 0] = /^(\d+)-(\d+)$/.exec(text)?.map(Number) ?? [];
  return from >= 1 && from <= to && to <= 65_535;
}

/** Values that the components could not read, for people. */
export function invalidParameters(set: Readonly<Record<string, string>>): string[] {
  return Object.entries(set).flatMap(([name, value]) => {
    const [isValid, rule] = RULES[name] ?? [];
    return !isValid || isValid(value) ? [] : [`${name}: "${value}" ${rule}`];
  });
}

/** A parameter of a control-plane component. */
export interface ComponentParameter {
  readonly component: ConfigurableComponent;
  readonly name: string;
  /** undefined: the default. */
  readonly value?: string;
  /** undefined: not known. */
  readonly default?: string;
}

/** @throws EdgeadmError CLOUD_* */
export async function parametersIn(
  service: ContainerService,
  clusterId: string,
  component: ConfigurableComponent,
): Promise<ComponentParameter[]> {
  const [detail, offer] = await Promise.all([
    service.installedAddon(clusterId, component),
    service.offeredAddon(clusterId, component),
  ]);
  if (!detail && !offer) return [];
  const set = parametersOf(detail?.config);
  const { properties } = parametersOf(offer?.configSchema);
  const schema = (typeof properties === 'object' && properties !== null ? properties : {}) as Readonly<
    Record<string, { readonly default?: unknown } | undefined>
  >;
  const defaults = DEFAULTS[component];
  const names = [...new Set([...Object.keys(defaults), ...Object.keys(schema), ...Object.keys(set)])].sort();
  return names.map((name) => ({
    component,
    name,
    value: textOf(set[name]),
    default: textOf(schema[name]?.default) ?? defaults[name],
  }));
}

/** @throws EdgeadmError ADDON_REFUSED for names that the component does not have */
export function refuseUnknownParameters(names: readonly string[], known: readonly ComponentParameter[]): void {
  const unknown = names.filter((name) => !known.some((parameter) => parameter.name === name));
  if (unknown.length === 0) return;
  throw new EdgeadmError({
    code: 'ADDON_REFUSED',
    what: `${known[0]?.component ?? 'the component'} has no parameter ${unknown.join(', ')}`,
    why: `it has ${known.map(({ name }) => name).join(', ')}`,
    next: 'change the listed names; see docs/cluster.md. The cluster is named by --cluster-id',
  });
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
