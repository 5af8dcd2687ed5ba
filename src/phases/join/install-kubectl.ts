import { installKubectl as installProgram } from '../../artifacts/install.ts';
import type { Phase } from '../../workflow/phase.ts';
import type { JoinContext } from './context.ts';

/** A phase whose end means that the kubelet had its time. */
const KUBELET_IS_UP = 'post-check/addons';

export const installKubectl: Phase<JoinContext> = {
  name: 'install-kubectl',
  title: 'Install kubectl',
  when: ({ spec }) => spec.bundle !== undefined || 'no bundle',
  // The kubelet does not need it: the processors copy it while they wait for that.
  neededBy: KUBELET_IS_UP,
  run: async ({ host, node }) => {
    const bundle = await node.bundle();
    if (bundle) await installProgram(bundle, host);
  },
};
