import type { CloudUpgrade, CloudUpgradePhase } from '../../cloud/cluster-upgrade-state.ts';
import type { CloudUpgrades, UpgradeVerb } from '../../cloud/cluster-upgrades.ts';
import type { Output } from '../../output/index.ts';
import type { CommandResult } from '../../output/renderer.ts';
import { changeInService, type ServicePlan } from '../service-change.ts';
import { keptTask } from './kept-task.ts';
import { clusterWords, ending, followService, lineFor, progressLine, serviceEndingError } from './service.ts';
import type { ServiceFlags } from './service-flags.ts';
import { serviceData } from './service-text.ts';
import { UPGRADE_VERBS } from './verbs.ts';

type VerbPlan = ServicePlan & { readonly upgrades: CloudUpgrades };

interface VerbFlags extends ServiceFlags {
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly wait: boolean;
}

interface Asked {
  readonly flags: VerbFlags;
  readonly output: Output;
  readonly argv: readonly string[];
}

/** `edgeadm cluster upgrade pause|continue|cancel --cluster-id ...` */
export async function changeOfService(
  verb: UpgradeVerb,
  { flags, output, argv }: Asked,
): Promise<Omit<CommandResult, 'command'>> {
  const { cloudUpgrades } = await import('../../cloud/cluster-upgrades.ts');
  return changeInService<VerbPlan>({
    flags,
    output,
    argv,
    plan: async ({ service, clusterId, signal, wait }) => {
      const upgrades = cloudUpgrades(service, clusterId, { signal, memory: keptTask(clusterId) });
      const { now, isUnchanged } = await upgrades.intended(verb);
      const { effect, question } = UPGRADE_VERBS[verb];
      const isThere = isUnchanged && (!wait || now.phase === 'Paused');
      return {
        upgrades,
        lines: isThere ? [] : [progressLine(now), isUnchanged ? 'Wait for it: nothing is sent.' : effect],
        question: isUnchanged ? 'Wait for the upgrade?' : question,
        unchanged: ENDS[verb](now, flags).text ?? '',
        data: serviceData(now),
      };
    },
    run: async ({ upgrades }, { signal, wait }) => {
      const begun = await ORDERS[verb](upgrades);
      const now = wait ? await followService(upgrades, { flags, output, signal, until: UNTIL[verb] }) : begun;
      const { error, text } = ENDS[verb](now, flags);
      return { error, text, data: serviceData(now) };
    },
  });
}

const ORDERS: Readonly<Record<UpgradeVerb, (upgrades: CloudUpgrades) => Promise<CloudUpgrade>>> = {
  pause: (upgrades) => upgrades.pause(),
  continue: (upgrades) => upgrades.resume(),
  cancel: (upgrades) => upgrades.cancel(),
};

/** Phases in which an upgrade is over; words of the service that are not known mean one that was cancelled. */
const OVER: readonly CloudUpgradePhase[] = ['NotStarted', 'Completed', 'Failed', 'Unknown'];

/** How long each is followed; default: until nothing changes without another order. */
const UNTIL: Partial<Record<UpgradeVerb, (now: CloudUpgrade) => boolean>> = {
  cancel: ({ phase }) => OVER.includes(phase),
};

type End = Pick<CommandResult, 'error' | 'text'>;

const ENDS: Readonly<Record<UpgradeVerb, (now: CloudUpgrade, flags: ServiceFlags) => End>> = {
  pause: (now, flags) => {
    if (now.phase === 'Paused') return { text: 'The upgrade is paused.\n' };
    if (now.phase !== 'Pausing') return ending(now, flags);
    return { text: `The upgrade pauses when the nodes in progress are done: ${lineFor('status', flags)}\n` };
  },
  continue: ending,
  cancel: (now, flags) => {
    if (now.phase === 'Completed') return ending(now, flags);
    if (now.phase === 'Failed') return { error: serviceEndingError(now, flags) };
    if (!OVER.includes(now.phase))
      return { text: `The upgrade is being cancelled; it is ${now.phase} still: ${lineFor('status', flags)}\n` };
    const others = `For nodes that are older than the control plane: edgeadm nodepool upgrade NAME ${clusterWords(flags)}\n`;
    return {
      text: `The upgrade is cancelled; upgraded nodes stay at the new version, the control plane is at ${now.version}.\n${others}`,
    };
  },
};
