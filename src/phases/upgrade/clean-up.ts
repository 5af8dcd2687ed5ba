import type { Phase } from '../../workflow/phase.ts';
import { settleNode } from '../join/settle.ts';
import type { UpgradeContext } from './context.ts';

/**
 * The upgrade can no longer be rolled back, from one moment to the next: a reset restores the machine before its
 * join, so copies of what edgeadm itself had put there go.
 */
export const cleanUp: Phase<UpgradeContext> = {
  name: 'clean-up',
  title: 'Remove the copies of the previous version',
  run: async ({ host, journal, wet, log }) => {
    await settleNode(host, log);
    if (wet) await journal.completeUpgrade();
  },
};
