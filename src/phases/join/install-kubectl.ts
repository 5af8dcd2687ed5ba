import { installKubectl } from '../../artifacts/install.ts';
import { toEdgeadmError } from '../../errors/index.ts';
import { abortable } from '../../lib/abortable.ts';
import type { Phase } from '../../workflow/phase.ts';
import type { JoinContext } from './context.ts';

/** Who skips the programs of the bundle skips this one, too. */
const PROGRAMS = ['install-kubelet', 'install-kubelet/binaries'];

/** The last, since the kubelet does not need it: a copy beside the kubelet's start makes that 0.1 s longer. */
export const kubectlPhase: Phase<JoinContext> = {
  name: 'install-kubectl',
  title: 'Install kubectl',
  when: ({ spec }) => {
    if (spec.bundle === undefined) return 'no bundle';
    return !spec.skipPhases.some((name) => PROGRAMS.includes(name)) || 'programs are skipped by --skip-phases';
  },
  run: async ({ host, node, log, signal }) => {
    const bundle = await node.bundle();
    if (!bundle) return;
    try {
      await abortable(installKubectl(bundle, host), signal);
    } catch (error) {
      signal.throwIfAborted();
      // A node that works is not rolled back for a program that it does not need.
      log.warning(
        `The node is ready, but kubectl could not be installed: ${toEdgeadmError(error).message}. Run the same command again to try again.`,
      );
    }
  },
};
