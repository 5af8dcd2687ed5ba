import type { Phase } from '../../workflow/phase.ts';
import type { UpgradeContext } from './context.ts';

/**
 * From here on the node's journal makes a roll-back possible: it takes a copy of each file (binaries, units,
 * configuration, manifests) right before it is changed, so that there is none without a use.
 */
export const backUp: Phase<UpgradeContext> = {
  name: 'back-up',
  title: 'Prepare the rollback',
  run: ({ begin }) => begin(),
};
