import { Flags } from '@oclif/core';
import type { ContainerService } from '../../cloud/cs.ts';
import { usageError } from '../../errors/usage.ts';
import { count } from '../../lib/count.ts';
import { frpObjects, removeFrpObjects } from '../../phases/addon/frp.ts';
import { runAddonSteps } from '../../phases/addon/run.ts';
import { type AddonFacts, type AddonStep, changesTunnel, describeStep } from '../../phases/addon/steps.ts';
import { flagText } from '../flags.ts';
import type { CommandHost } from '../node-runner.ts';
import { type ChangeWork, changeInService, type ServiceChangeFlags, type ServicePlan } from '../service-change.ts';

export const configFlag = {
  config: Flags.string({
    helpValue: 'JSON',
    description: 'parameters as a JSON object; @FILE and - (standard input) work too',
  }),
};

/** @throws EdgeadmError USAGE if it is not a JSON object */
export async function addonConfigOf(text: string | undefined): Promise<string | undefined> {
  if (text === undefined) return undefined;
  const json = await flagText(text, '--config');
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return json;
  } catch {
    // Reported below.
  }
  throw usageError(['--config: not a JSON object']);
}

/** What a cluster has and can have. */
export async function addonFacts(service: ContainerService, clusterId: string): Promise<AddonFacts> {
  const [offered, installed] = await Promise.all([
    service.offeredAddons(clusterId),
    service.installedAddons(clusterId),
  ]);
  return { where: `cluster ${clusterId}`, offered, installed };
}

interface AddonPlan extends ServicePlan {
  readonly steps: readonly AddonStep[];
  /** Objects of frp in the cluster, which the tunnel of today replaces. */
  readonly frp: readonly string[];
}

/** Works the steps out, shows them and carries them out. */
export async function changeAddons(
  flags: ServiceChangeFlags,
  host: CommandHost,
  stepsOf: (facts: AddonFacts, work: ChangeWork) => AddonStep[] | Promise<AddonStep[]>,
) {
  const output = host.openOutput({ looksOnly: true });
  return changeInService<AddonPlan>({
    flags,
    output,
    argv: host.argv,
    plan: async (work) => {
      const { service, clusterId } = work;
      const steps = await stepsOf(await addonFacts(service, clusterId), work);
      const frp = changesTunnel(steps) ? await frpObjects(work) : [];
      return {
        steps,
        frp,
        lines: [...frp.map((object) => `delete ${object}, which the tunnel replaces`), ...steps.map(describeStep)],
        question: `Change ${count('add-on', steps.length)} of cluster ${clusterId}?`,
        unchanged: `The add-ons of cluster ${clusterId} are already as requested.\n`,
        data: { clusterId, steps, ...(frp.length > 0 && { frp }) },
      };
    },
    run: async ({ steps, frp }, work) => {
      await removeFrpObjects(frp, work);
      await runAddonSteps(steps, work);
      return { text: steps.map((step) => `addon/${step.name} ${endOf(step, work.wait)}\n`).join('') };
    },
  });
}

const PAST = { install: 'installed', upgrade: 'upgraded', uninstall: 'uninstalled', configure: 'configured' } as const;

function endOf({ verb, to }: AddonStep, wait: boolean): string {
  if (!wait) return `is being ${PAST[verb]}`;
  return verb === 'upgrade' ? `upgraded to ${to}` : PAST[verb];
}
