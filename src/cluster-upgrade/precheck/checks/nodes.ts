import type { V1Node } from '@kubernetes/client-node';
import { isOffline } from '../../../kubernetes/node/node.ts';
import { count } from '../../../lib/count.ts';
import { readinessOf } from '../../../phases/join/node-object.ts';
import { orNormal, type UpgradeCheck, type UpgradeFinding } from '../check.ts';
import { nodesText } from '../node-text.ts';
import { groupBy } from '../objects.ts';

/** As many different messages are shown. */
const MESSAGES = 3;

function ofAll(nodes: readonly V1Node[], text: string): string {
  return nodes.length === 0 ? 'No nodes.' : `${count('node', nodes.length)}, ${text}.`;
}

export const nodeReady: UpgradeCheck = {
  name: 'NodeReady',
  about: 'Every node is Ready; a warning if one is offline (Unknown) or not Ready.',
  effect: 'These nodes would fail their health check, and the first failure would pause the upgrade.',
  advice: 'Check the kubelet on these nodes (journalctl -u kubelet), or exclude them with --selector.',
  run: async ({ nodes }) => {
    const offline = nodes.filter(isOffline);
    const notReady = nodes.filter((node) => !isOffline(node) && readinessOf(node).state !== 'ready');
    const findings = [...groupBy(notReady, (node) => readinessOf(node).state)].map(
      ([state, group]): UpgradeFinding => ({
        result: 'warning',
        object: nodesText(group),
        reason: `Not Ready: ${messagesOf(group)}`,
        ...(state === 'no-cni' && WITHOUT_NETWORK),
      }),
    );
    if (offline.length > 0) findings.unshift({ ...OFFLINE, object: nodesText(offline) });
    return orNormal(findings, ofAll(nodes, 'all Ready'));
  },
};

const OFFLINE: Omit<UpgradeFinding, 'object'> = {
  result: 'warning',
  reason: 'Offline: their kubelets no longer report.',
  effect: 'These nodes are skipped and stay at their version.',
  advice: 'Bring them back first, or use --wait-offline to upgrade them when they return.',
};

const WITHOUT_NETWORK: Partial<UpgradeFinding> = {
  effect: 'The kubelet can be upgraded, but pods get no address until the network plug-in runs.',
  advice: 'Check whether the DaemonSet of the network plug-in runs on these nodes.',
};

/** What the kubelets say; of many different things the first few. */
function messagesOf(nodes: readonly V1Node[]): string {
  const messages = nodes.map(readinessOf).flatMap((readiness) => ('message' in readiness ? [readiness.message] : []));
  const distinct = [...new Set(messages)];
  const more = distinct.length > MESSAGES ? ' / ...' : '';
  return distinct.slice(0, MESSAGES).join(' / ') + more;
}

const PRESSURES = ['DiskPressure', 'MemoryPressure', 'PIDPressure', 'NetworkUnavailable'] as const;

export const nodePressure: UpgradeCheck = {
  name: 'NodePressure',
  about: `No node reports ${PRESSURES.join(', ')}; a warning for each that does.`,
  effect: 'The kubelet evicts pods; the pod that upgrades the node may not start there, or find no room for its files.',
  advice:
    'Free disk space, memory or process IDs on these nodes (see kubectl describe node NAME), or exclude them with --selector.',
  run: async ({ nodes }) => {
    const findings = PRESSURES.flatMap((type): UpgradeFinding[] => {
      const pressed = nodes.filter(({ status }) =>
        status?.conditions?.some((condition) => condition.type === type && condition.status === 'True'),
      );
      return pressed.length > 0 ? [{ result: 'warning', object: nodesText(pressed), reason: `${type}.` }] : [];
    });
    return orNormal(findings, ofAll(nodes, 'none short of disk, memory or process IDs'));
  },
};

export const nodeSchedulable: UpgradeCheck = {
  name: 'NodeSchedulable',
  about: 'No node is cordoned; a warning if one is.',
  effect: 'They are upgraded and stay cordoned. Pods evicted from other nodes have fewer nodes to move to.',
  advice: 'To let them take pods again: kubectl uncordon NAME.',
  run: async ({ nodes }) => {
    const cordoned = nodes.filter(({ spec }) => spec?.unschedulable);
    const reason = 'Cordoned: they take no new pods.';
    const findings: UpgradeFinding[] =
      cordoned.length > 0 ? [{ result: 'warning', object: nodesText(cordoned), reason }] : [];
    return orNormal(findings, ofAll(nodes, 'none cordoned'));
  },
};
