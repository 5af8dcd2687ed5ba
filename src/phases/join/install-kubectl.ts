import { installKubectl } from '../../artifacts/install.ts';
import { abortable } from '../../lib/abortable.ts';
import type { Phase } from '../../workflow/phase.ts';
import type { JoinContext } from './context.ts';

/** Who skips the programs of the bundle skips this one, too. */
const PROGRAMS = ['install-kubelet', 'install-kubelet/binaries'];

export const kubectlPhase: Phase<JoinContext> = {
  name: 'install-kubectl',
  title: 'Install kubectl',
  when: ({ spec }) => {
    if (spec.bundle === undefined) return 'no bundle';
    return !spec.skipPhases.some((name) => PROGRAMS.includes(name)) || 'programs are skipped by --skip-phases';
  },
  // The kubelet does not need it, and takes a while to start: it is copied until the node is Ready.
  neededBy: 'post-check/addons',
  run: async ({ host, node, signal }) => {
    const bundle = await node.bundle();
    if (bundle) await abortable(installKubectl(bundle, host), signal);
  },
};
