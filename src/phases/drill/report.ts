import { EdgeadmError } from '../../errors/index.ts';
import { type NodeOwner, plainListsRemedy, WATCH_LISTS_REASON } from '../../kubernetes/kubelet/watch-lists.ts';
import type { OfflineAutonomy } from '../diagnose/collectors/offline-autonomy.ts';
import type { ServerAddress } from './network-cut.ts';
import type { RuntimePod } from './pods.ts';

interface PodReport {
  readonly pod: string;
  /** Seconds from the start of the kubelet; undefined if the pod did not come back in time. */
  readonly backAfter: number | undefined;
  readonly address: string | undefined;
  /** The address afterwards, if it is another one. */
  readonly newAddress: string | undefined;
}

/** What a drill has shown. */
export interface DrillReport {
  readonly nodeName: string;
  /** `IP:PORT` of the API servers that the node was cut off from. */
  readonly cutOffFrom: readonly string[];
  /** Seconds. */
  readonly limit: number;
  readonly pods: readonly PodReport[];
  /** Of the interface flannel.1; undefined if the node does not have it. */
  readonly flannelMac: string | undefined;
  readonly newFlannelMac: string | undefined;
  readonly kubelet: string;
  /** What was found wrong; empty for a node that passes. */
  readonly faults: readonly string[];
}

export interface DrillFindings {
  readonly nodeName: string;
  readonly servers: readonly ServerAddress[];
  readonly autonomy: OfflineAutonomy;
  readonly pods: readonly RuntimePod[];
  readonly mac: string | undefined;
  readonly limitMs: number;
  /** Milliseconds, by the pod's uid. */
  readonly back: ReadonlyMap<string, number>;
  readonly after: readonly RuntimePod[];
  readonly macAfter: string | undefined;
}

export function reportOf(findings: DrillFindings): DrillReport {
  const { nodeName, servers, autonomy, back, after, mac, macAfter, limitMs } = findings;
  const pods = findings.pods.map(({ uid, name, address }) => {
    const now = after.find((pod) => pod.uid === uid)?.address;
    const ms = back.get(uid);
    return {
      pod: name,
      backAfter: ms === undefined ? undefined : Math.round(ms / 100) / 10,
      address,
      newAddress: ms !== undefined && now !== address ? now : undefined,
    };
  });
  const limit = limitMs / 1000;
  const newFlannelMac = macAfter === mac ? undefined : macAfter;
  const lost = pods.filter(({ backAfter }) => backAfter === undefined);
  const faults = [
    ...lost.map(({ pod }) => `${pod} was not back after ${limit} s`),
    ...pods.flatMap(({ pod, address, newAddress }) =>
      newAddress === undefined ? [] : [`${pod} has the address ${newAddress} instead of ${address}`],
    ),
    ...(newFlannelMac === undefined ? [] : [`flannel.1 has the MAC address ${newFlannelMac} instead of ${mac}`]),
    ...(autonomy.losesPods ? [`${autonomy.detail}: ${WATCH_LISTS_REASON}`] : []),
  ];
  const cutOffFrom = servers.map(({ ip, port }) => `${ip}:${port}`);
  return { nodeName, cutOffFrom, limit, pods, flannelMac: mac, newFlannelMac, kubelet: autonomy.detail, faults };
}

/** @throws EdgeadmError DRILL_FAILED with every fault */
export function refuseFaults({ nodeName, faults, kubelet }: DrillReport, owner: NodeOwner): void {
  if (faults.length === 0) return;
  const isKnown = faults.some((fault) => fault.endsWith(WATCH_LISTS_REASON));
  throw new EdgeadmError({
    code: 'DRILL_FAILED',
    what: `${nodeName} does not survive a restart without network`,
    why: [...faults, ...(isKnown ? [] : [kubelet])].join('\n'),
    next: isKnown ? `${plainListsRemedy(owner)}; then repeat the drill` : 'edgeadm diagnose; journalctl -u kubelet',
  });
}
