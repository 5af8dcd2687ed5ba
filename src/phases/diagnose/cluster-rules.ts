import { conditionOf } from '../../kubernetes/node/conditions.ts';
import { effectOf, isPressure, type NodeTrouble } from '../../kubernetes/node/troubles.ts';
import { shownTime } from '../../lib/shown-time.ts';
import { readinessOf } from '../join/node-object.ts';
import type { ClusterFacts, TroubledPod } from './collectors/cluster-facts.ts';
import { error, type Rule, warning } from './finding.ts';

/** As many of a kind as are shown. */
const MOST = 5;
/** Pods that were evicted longer ago are history: Kubernetes does not delete them. Milliseconds. */
const HISTORY_MS = 24 * 3_600_000;

const FREE_DISK = 'du -xh --max-depth=2 /var | sort -h | tail; crictl rmi --prune';
/** What eases a pressure, by the resource that the kubelet wants back. */
const EASE: Readonly<Record<string, string>> = {
  DiskPressure: `make room: ${FREE_DISK}`,
  OutOfDisk: `make room: ${FREE_DISK}`,
  MemoryPressure: 'find what uses the memory: ps -eo rss,comm --sort=-rss | head; kubectl top pods -A',
  PIDPressure: 'find what makes processes: ps -eo comm --no-headers | sort | uniq -c | sort -n | tail',
};

/** Rules about what the cluster says of a node, and about what the kubelet's log says of the same. */
export const pressure: Rule = ({ cluster, evictionLines = [] }) => {
  const [first, ...others] = (cluster?.troubles ?? []).filter(({ type }) => isPressure(type));
  if (first) {
    const evidence = [first, ...others].map(shownCondition);
    const what = `the node reports ${first.type}: ${effectOf(first.type)}`;
    return error(what, [...evidence, ...evictions(cluster), ...evictionLines], EASE[first.type] ?? FREE_DISK);
  }
  // The cluster says that there is none, or was not asked.
  const line = cluster?.found ? undefined : evictionLines.at(-1);
  if (!line) return undefined;
  const [, type = 'DiskPressure'] = RESOURCES.find(([pattern]) => pattern.test(line)) ?? [];
  return error(`the kubelet evicts pods: ${type}`, evictionLines, EASE[type] ?? FREE_DISK);
};

/** How the log names what the kubelet wants back. */
const RESOURCES: readonly (readonly [RegExp, string])[] = [
  [/reclaim\W*(resourceName=)?"?memory/, 'MemoryPressure'],
  [/reclaim\W*(resourceName=)?"?pids/, 'PIDPressure'],
];

export const evicted: Rule = ({ cluster, clock }) => {
  const now = clock?.node ?? Date.now();
  const recent = (cluster?.evicted ?? []).filter(({ time }) => now - time < HISTORY_MS);
  const [last] = recent;
  if (!last || cluster?.troubles?.some(({ type }) => isPressure(type))) return undefined;
  const next = `kubectl get pods -A --field-selector spec.nodeName=${cluster?.name},status.phase=Failed; then delete them`;
  return warning(`${count(recent)} evicted from the node, last at ${shownTime(last.time)}`, evictions(cluster), next);
};

export const networkUnavailable: Rule = ({ cluster }) => {
  const found = cluster?.troubles?.find(({ type }) => type === 'NetworkUnavailable');
  if (!found) return undefined;
  return error(
    `the node reports NetworkUnavailable: ${effectOf(found.type)}, and no pods are scheduled on it`,
    shownCondition(found),
    `see whether the network add-on runs there, or the cloud controller that makes routes: ${podsOn(cluster)}`,
  );
};

/** Without the CNI configuration alone a node is not Ready either; that has a rule of its own. */
export const notReady: Rule = ({ cluster }) => {
  const ready = cluster?.node && conditionOf(cluster.node, 'Ready');
  if (!cluster?.node || !ready || ready.status === 'True') return undefined;
  const { status, reason = '', message = '', lastTransitionTime, lastHeartbeatTime } = ready;
  const since = `Ready=${status} since ${shownTime(String(lastTransitionTime ?? ''))}: ${message} (${reason})`;
  if (status === 'Unknown') {
    const heard = `last heard of at ${shownTime(String(lastHeartbeatTime ?? ''))}`;
    return error(
      'the control plane no longer hears from the kubelet (Ready is Unknown)',
      [since, heard, ...taintsOf(cluster)],
      'journalctl -u kubelet | grep -iE "lease|node status" | tail; is the API server reachable from the node?',
    );
  }
  if (readinessOf(cluster.node).state === 'no-cni') return undefined;
  return error(
    `the node is not Ready: ${message || reason}`,
    [since, ...taintsOf(cluster)],
    'journalctl -u kubelet | tail -n 50',
  );
};

/** Conditions of node-problem-detector and of clouds. */
export const condition: Rule = ({ cluster }) => {
  const others = (cluster?.troubles ?? []).filter(({ type }) => !isPressure(type) && type !== 'NetworkUnavailable');
  const [first] = others;
  if (!first) return undefined;
  const what = `the node reports ${others.map(({ type }) => type).join(', ')}`;
  return warning(what, others.map(shownCondition), `kubectl describe node ${cluster?.name}; journalctl --dmesg | tail`);
};

export const mounts: Rule = ({ cluster, mountLines = [] }) => {
  const failing = (cluster?.pods ?? []).filter(({ mount }) => mount !== undefined);
  const lines = [
    ...failing.map(({ pod, mount }) => `${pod}: ${mount}`),
    // One pod that waits for the same volume says it every two minutes.
    ...(failing.length > 0 ? [] : [...new Map(mountLines.map((line) => [volumeOf(line), line])).values()]),
  ];
  const [first] = lines;
  if (first === undefined) return undefined;
  const [pod] = failing;
  const whose = pod ? `a volume of the pod ${pod.pod}` : 'a volume of a pod';
  return error(`${whose} cannot be mounted: the pod does not start`, shown(lines), mountRemedy(first, cluster));
};

/** @see https://kubernetes.io/docs/concepts/storage/volumes/ for what each kind of volume needs */
const MOUNT_REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /(secret|configmap) "[^"]+" not found|references non-existent/,
    'create that object in the namespace of the pod, or correct the name in the pod',
  ],
  [
    /persistentvolumeclaim "[^"]+" not found|not bound/,
    'kubectl get pvc,pv -A: create the claim, or find out why it is not bound',
  ],
  [/hostPath type check failed/, 'create the path on the node, or correct the hostPath of the pod'],
  [/mount\.nfs|helper program|wrong fs type/, 'install the mount program on the node, such as nfs-common or nfs-utils'],
  [/read-only file ?system/i, 'make the file system writable: findmnt; journalctl --dmesg | grep -i remount'],
  [
    /driver name \S+ not found in the list of registered CSI drivers/,
    'the CSI driver is not running on this node: kubectl get pods -A -o wide | grep csi',
  ],
  [
    /Multi-Attach|already (exclusively )?attached/,
    'the volume is attached to another node: kubectl get volumeattachments',
  ],
];

function mountRemedy(line: string, cluster: ClusterFacts | undefined): string {
  const remedy = MOUNT_REMEDIES.find(([pattern]) => pattern.test(line))?.[1];
  return remedy ?? `kubectl describe the pod, of ${podsOn(cluster)}`;
}

export const pods: Rule = ({ cluster }) => {
  const troubled = (cluster?.pods ?? []).filter(({ mount }) => mount === undefined);
  const [first] = troubled;
  if (!first) return undefined;
  const [namespace, name] = first.pod.split('/');
  return warning(
    `${count(troubled)} not running`,
    shown(troubled.map(({ pod, problem, message }) => [pod, problem, message].filter(Boolean).join(': '))),
    `kubectl describe pod -n ${namespace} ${name}; ${
      /Image/.test(first.problem)
        ? 'is the registry reachable from the node, and the name right?'
        : `kubectl logs -n ${namespace} ${name} --previous`
    }`,
  );
};

/** Taints that keep pods off unintentionally, or only for a while. */
const PASSING_TAINTS: readonly (readonly [RegExp, string])[] = [
  [/^node\.cloudprovider\.kubernetes\.io\/uninitialized/, 'the cloud controller manager has not set the node up yet'],
  [/^node\.cloudprovider\.kubernetes\.io\/shutdown/, 'the cloud says that the machine is shut down'],
  [/^node\.kubernetes\.io\/out-of-service/, 'the node is marked as out of service'],
  [/^ToBeDeletedByClusterAutoscaler/, 'the cluster autoscaler is about to delete the node'],
];

export const unschedulable: Rule = ({ cluster }) => {
  if (!cluster) return undefined;
  if (cluster.cordoned)
    return warning(
      'the node is cordoned: no new pods are scheduled on it',
      taintsOf(cluster),
      `kubectl uncordon ${cluster.name}`,
    );
  const found = PASSING_TAINTS.flatMap(([pattern, why]) => {
    const taint = cluster.taints?.find((each) => pattern.test(each));
    return taint ? [{ taint, why }] : [];
  });
  const [first] = found;
  if (!first) return undefined;
  const next = `kubectl taint node ${cluster.name} ${first.taint.replace(/[:=].*/, '')}-   (once that is no longer so)`;
  return warning(`a taint keeps pods off the node: ${first.why}`, taintsOf(cluster), next);
};

/** A Node object that is not there, or not this machine's. */
export const nodeObject: Rule = ({ cluster, journal, refusedNode, refusals = [] }) => {
  if (cluster?.isOther)
    return error(
      'another machine of the cluster has the name of this node',
      cluster.why ?? '',
      `give one of them another name: hostnamectl set-hostname NAME, edgeadm reset, then join again`,
    );
  // A kubelet reads its Node from caches, which may lag behind its registration: the cluster itself knows better.
  const told = cluster?.found ? refusals.filter((line) => !line.includes('not found')) : refusals;
  const evidence = [...told, ...(refusedNode ? [refusedNode] : []), ...(cluster?.why ? [cluster.why] : [])];
  if (evidence.length === 0) return undefined;
  const isMissing = told.some((line) => line.includes('not found')) || cluster?.found === false;
  if (!isMissing)
    return error(
      'the API server rejects the credentials of the node',
      evidence,
      'edgeadm reset, then join again with a new token',
    );
  return journal?.unfinished?.command.startsWith('join')
    ? error(
        'the cluster has no Node object for this node: the kubelet has not registered it',
        evidence,
        'journalctl -u kubelet | tail -n 50',
      )
    : error(
        'the cluster has no Node object for this node: it was deleted',
        evidence,
        'to register it again: systemctl restart kubelet; to take the machine out of the cluster: edgeadm reset',
      );
};

function evictions(cluster: ClusterFacts | undefined): string[] {
  const found = cluster?.evicted ?? [];
  return found.length === 0
    ? []
    : [
        `${count(found)} evicted:`,
        ...shown(found.map(({ pod, message, time }) => `${shownTime(time)} ${pod}: ${message}`)),
      ];
}

function count(pods: readonly TroubledPod[]): string {
  return pods.length === 1 ? '1 pod is' : `${pods.length} pods are`;
}

function shown(lines: readonly string[]): string[] {
  return lines.length > MOST ? [...lines.slice(0, MOST), `and ${lines.length - MOST} more`] : [...lines];
}

function shownCondition({ type, reason, message, since }: NodeTrouble): string {
  const began = since && ` since ${shownTime(since)}`;
  return `${type}${began}: ${message}${reason && ` (${reason})`}`;
}

function taintsOf({ taints = [] }: ClusterFacts): string[] {
  return taints.length > 0 ? [`taints: ${taints.join(', ')}`] : [];
}

function podsOn(cluster: ClusterFacts | undefined): string {
  return `kubectl get pods -A -o wide --field-selector spec.nodeName=${cluster?.name ?? 'NODE'}`;
}

function volumeOf(line: string): string {
  return /volume \\?"([^"\\]+)|unmounted volumes=\[([^\]]*)\]/.exec(line)?.slice(1).find(Boolean) ?? line;
}
