import type { Phase } from '../../../workflow/phase.ts';
import { callbackPhase } from '../callback.ts';
import type { JoinContext } from '../context.ts';
import { CONTINUATION_TASK, endContinuation } from '../continuation.ts';
import { addonsPhase, checkKubeletService, checkNodeObject, checkRuntime, hubPhase } from '../post-check.ts';

export const windowsPostCheck: Phase<JoinContext> = {
  name: 'post-check',
  title: 'Verify the node',
  phases: [
    { name: 'runtime', title: 'Check the container runtime', run: checkRuntime },
    { name: 'kubelet', title: 'Check the kubelet', run: checkKubeletService },
    hubPhase,
    { name: 'node-ready', title: 'Wait until the node is Ready', run: checkNodeObject },
    addonsPhase,
    {
      name: 'start-up-task',
      title: 'Remove the task that continued after a reboot',
      check: async ({ host }) => (await host.object('scheduled-task', CONTINUATION_TASK)) === undefined,
      run: ({ host }) => endContinuation(host),
    },
    callbackPhase,
  ],
};
