import { Flags } from '@oclif/core';
import { table } from '../../output/table.ts';
import { configureSteps } from '../../phases/addon/configure.ts';
import { runAddonSteps } from '../../phases/addon/run.ts';
import type { AddonStep } from '../../phases/addon/steps.ts';
import { clusterToChange } from '../../phases/cluster/changes.ts';
import { refuseUnlessPro } from '../../phases/cluster/encryption.ts';
import { refuseUnlessRunning } from '../../phases/cluster/find.ts';
import {
  CONFIGURABLE_COMPONENTS,
  type ComponentParameter,
  type ConfigurableComponent,
  parametersIn,
  refuseUnknownParameters,
} from '../../phases/cluster/parameters.ts';
import { addonFacts } from '../addon/changes.ts';
import type { CommandHost } from '../node-runner.ts';
import { changeInService, type ServiceChangeFlags, type ServicePlan } from '../service-change.ts';

const component = { options: CONFIGURABLE_COMPONENTS, description: 'component of the control plane' } as const;
export const componentFlag = { component: Flags.option(component)() };
export const requiredComponentFlag = { component: Flags.option({ ...component, required: true })() };

export function parameterTable(parameters: readonly ComponentParameter[]): string {
  return table(
    parameters.map(({ component, name, value, default: usual }) => ({
      component,
      parameter: name,
      value: value ?? usual ?? '-',
      default: value === undefined || value === usual ? 'yes' : (usual ?? '-'),
    })),
  );
}

interface Wanted {
  readonly set?: Readonly<Record<string, string>>;
  /** Names; none: all. */
  readonly reset?: readonly string[];
}

interface ParameterPlan extends ServicePlan {
  readonly id: string;
  readonly name?: string;
  readonly steps: readonly AddonStep[];
}

/** The console's settings of control-plane components; by API they are those of a managed add-on. */
export async function changeParameters(
  flags: ServiceChangeFlags,
  component: ConfigurableComponent,
  { set = {}, reset }: Wanted,
  host: CommandHost,
) {
  return changeInService<ParameterPlan>({
    flags,
    output: host.openOutput({ looksOnly: true }),
    argv: host.argv,
    plan: async (work) => {
      const { service } = work;
      const cluster = await clusterToChange(flags.region ?? '', work.clusterId, work);
      const { clusterId: id, name } = cluster;
      refuseUnlessPro(cluster, 'customizing the control plane');
      const known = await parametersIn(service, id, component);
      refuseUnknownParameters([...Object.keys(set), ...(reset ?? [])], known);
      const unset = reset && (reset.length > 0 ? reset : known.map((parameter) => parameter.name));
      const change = { set, unset: unset ?? [] };
      const steps = await configureSteps(component, await addonFacts(service, id), change, { service, clusterId: id });
      if (steps.length > 0) refuseUnlessRunning(cluster, 'the control plane');
      return {
        id,
        name,
        steps,
        lines: steps.length > 0 ? linesOf(component, known, change) : [],
        question: `Change ${component} of cluster ${name}?`,
        unchanged: `${component} of cluster/${name} unchanged: its parameters are already as requested\n`,
        data: { clusterId: id, name, component, set, unset },
      };
    },
    run: async ({ id, name, steps }, work) => {
      await runAddonSteps(steps, { ...work, clusterId: id });
      return { text: `${component} of cluster/${name} ${work.wait ? 'changed' : 'is being changed'}\n` };
    },
  });
}

function linesOf(
  component: ConfigurableComponent,
  known: readonly ComponentParameter[],
  { set, unset }: { readonly set: Readonly<Record<string, string>>; readonly unset: readonly string[] },
): string[] {
  const changes = known.flatMap(({ name, value, default: usual }) => {
    const next = set[name] ?? (unset.includes(name) ? (usual ?? 'the default') : undefined);
    const now = value ?? usual ?? 'the default';
    return next === undefined || next === now ? [] : [`${component}: ${name} from ${now} to ${next}`];
  });
  return [
    ...changes,
    `${component} restarts. With an invalid value it may not start again: choose off-peak hours.`,
    'Not verified: the API that changes these parameters is documented for add-ons, not for the control plane.',
  ];
}
