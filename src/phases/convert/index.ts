import type { Phase } from '../../workflow/phase.ts';
import { checkConversion } from './check.ts';
import type { ConversionContext } from './context.ts';
import { installHub } from './edge-hub.ts';
import { redirectKubelet } from './kubelet.ts';
import { beginConversion, markNode } from './mark-node.ts';

/** What a conversion does, in this order. A run that was killed is run again from the start: what is done stays. */
export const conversionPhases: readonly Phase<ConversionContext>[] = [
  checkConversion,
  beginConversion,
  installHub,
  redirectKubelet,
  markNode,
];
