import { WATCH_LISTS_REASON } from '../../kubernetes/kubelet/watch-lists.ts';
import { type Rule, warning } from './finding.ts';

/** Nothing shows while the network is there: the pods are lost at the next restart without it. */
export const offlineAutonomyRule: Rule = ({ offlineAutonomy }) =>
  offlineAutonomy?.losesPods
    ? warning(
        'this node would lose its pods if it restarted without network',
        [offlineAutonomy.detail, WATCH_LISTS_REASON],
        'edgeadm upgrade: it sets the feature gate WatchListClient: false (remove --feature-gates=WatchListClient=true from KUBELET_EXTRA_ARGS if it is there)',
      )
    : undefined;
