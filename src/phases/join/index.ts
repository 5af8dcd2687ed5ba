import type { OperatingSystem } from '../../host/host-facts.ts';
import { type Phase, phaseNames } from '../../workflow/phase.ts';
import type { JoinContext } from './context.ts';
import { installEdgehub } from './install-edgehub.ts';
import { kubectlPhase } from './install-kubectl.ts';
import { installKubelet } from './install-kubelet.ts';
import { installRuntime } from './install-runtime.ts';
import { joinNode } from './join-node.ts';
import { postCheck } from './post-check.ts';
import { preflight } from './preflight.ts';
import { prepareNode } from './prepare-node.ts';
import { windowsJoinPhases } from './windows/index.ts';

/** What a join of a Linux node does, in this order. */
export const joinPhases: readonly Phase<JoinContext>[] = [
  preflight,
  prepareNode,
  installRuntime,
  installKubelet,
  joinNode,
  installEdgehub,
  postCheck,
  kubectlPhase,
];

const BY_PLATFORM: Readonly<Record<OperatingSystem, readonly Phase<JoinContext>[]>> = {
  linux: joinPhases,
  windows: windowsJoinPhases,
  other: joinPhases,
};

/** What a join does on a node that runs this system. */
export function joinPhasesOf(platform: OperatingSystem): readonly Phase<JoinContext>[] {
  return BY_PLATFORM[platform];
}

/** Names of the phases of every platform, for flags. */
export const joinPhaseNames: readonly string[] = [
  ...new Set(Object.values(BY_PLATFORM).flatMap((phases) => phaseNames(phases as readonly Phase<never>[]))),
];
