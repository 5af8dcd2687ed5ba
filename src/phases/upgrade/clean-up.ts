import { settle } from '../../host/compact-journal.ts';
import type { Phase } from '../../workflow/phase.ts';
import type { UpgradeContext } from './context.ts';

/**
 * The way back to the version before is given up, in one step: a reset goes back to the machine before its join, so
 * copies of what edgeadm itself had put there go.
 */
export const cleanUp: Phase<UpgradeContext> = {
  name: 'clean-up',
  title: 'Remove the copies of the version before',
  run: async ({ journal, wet }) => {
    const begun = journal.entries.findIndex(({ kind }) => kind === 'upgrade');
    const { joined } = journal;
    if (!wet || begun < 0 || !joined) return;
    const entries = settle(journal.entries, begun).filter(({ kind }) => kind !== 'upgrade');
    await journal.rewrite([...entries, { ...joined, time: new Date().toISOString() }]);
  },
};
