import { plainListsRemedy, WATCH_LISTS_REASON } from '../../kubernetes/kubelet/watch-lists.ts';
import { type Rule, warning } from './finding.ts';

/** Nothing shows while the network is there: the pods are lost at the next restart without it. */
export const offlineAutonomyRule: Rule = ({ offlineAutonomy, journal = {} }) =>
  offlineAutonomy?.losesPods
    ? warning(
        'this node would lose its pods if it restarted without network',
        [offlineAutonomy.detail, WATCH_LISTS_REASON],
        plainListsRemedy(journal),
      )
    : undefined;
