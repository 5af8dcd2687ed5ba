import type { Phase } from '../../workflow/phase.ts';
import type { JoinContext } from './context.ts';
import { installEdgehub } from './install-edgehub.ts';
import { installKubelet } from './install-kubelet.ts';
import { installRuntime } from './install-runtime.ts';
import { joinNode } from './join-node.ts';
import { postCheck } from './post-check.ts';
import { preflight } from './preflight.ts';
import { prepareNode } from './prepare-node.ts';

/** What a join does, in this order. */
export const joinPhases: readonly Phase<JoinContext>[] = [
  preflight,
  prepareNode,
  installRuntime,
  installKubelet,
  joinNode,
  installEdgehub,
  postCheck,
];
