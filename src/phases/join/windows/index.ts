import type { Phase } from '../../../workflow/phase.ts';
import type { JoinContext } from '../context.ts';
import { installEdgehub } from '../install-edgehub.ts';
import { windowsInstallKubelet } from './install-kubelet.ts';
import { windowsInstallRuntime } from './install-runtime.ts';
import { windowsJoinNode } from './join-node.ts';
import { windowsPostCheck } from './post-check.ts';
import { windowsPreflight } from './preflight.ts';
import { windowsPrepareNode } from './prepare-node.ts';

/** What a join of a Windows node does, in this order. Modules and sysctls have no meaning there. */
export const windowsJoinPhases: readonly Phase<JoinContext>[] = [
  windowsPreflight,
  windowsPrepareNode,
  windowsInstallRuntime,
  windowsInstallKubelet,
  windowsJoinNode,
  installEdgehub,
  windowsPostCheck,
];
