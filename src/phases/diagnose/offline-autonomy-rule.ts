import { WATCH_LISTS_REASON } from '../../kubernetes/kubelet/watch-lists.ts';
import type { CollectedFacts } from './facts.ts';

/** Nothing shows while the network is there: the pods are lost at the next restart without it. */
export function offlineAutonomyRule({ offlineAutonomy }: Partial<CollectedFacts>) {
  if (!offlineAutonomy?.losesPods) return undefined;
  return {
    rule: '',
    severity: 'warning' as const,
    what: 'this node would lose its pods if it restarted without network',
    evidence: `${offlineAutonomy.detail}\n${WATCH_LISTS_REASON}`,
    next: 'edgeadm upgrade: it sets the feature gate WatchListClient: false (remove --feature-gates=WatchListClient=true from KUBELET_EXTRA_ARGS if it is there)',
  };
}
