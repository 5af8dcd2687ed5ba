import type { CoreV1Event, V1Node, V1Pod } from '@kubernetes/client-node';
import { podName } from '../../../kubernetes/drain/pods.ts';
import { conditionOf } from '../../../kubernetes/node/conditions.ts';
import { troubleOf } from '../../../kubernetes/node/pod-trouble.ts';
import { type NodeTrouble, nodeTroubles } from '../../../kubernetes/node/troubles.ts';
import { shownTime } from '../../../lib/shown-time.ts';

/** A pod that is given this long to start has no trouble yet. Milliseconds. */
const TO_START_MS = 120_000;
/** A kubelet tries to mount again after at most two minutes, and events of one kind are counted for longer. */
const STILL_TRUE_MS = 15 * 60_000;
const MESSAGE_CHARACTERS = 500;

/** What the cluster says of a node. */
export interface ClusterFacts {
  /** Of its Node object. */
  readonly name: string;
  /** False if the cluster has no such Node object. */
  readonly found: boolean;
  /** Whose credentials it was asked with. */
  readonly as: string;
  /** Why it was not found. */
  readonly why?: string;
  /** True if another machine has the Node object of this name. */
  readonly isOther?: boolean;
  /** Conditions but for Ready. */
  readonly troubles?: readonly NodeTrouble[];
  readonly node?: V1Node;
  readonly cordoned?: boolean;
  /** `key=value:Effect` */
  readonly taints?: readonly string[];
  /** Pods that do not run though they should. */
  readonly pods: readonly TroubledPod[];
  /** The newest first. */
  readonly evicted: readonly TroubledPod[];
}

export interface TroubledPod {
  /** `kube-system/coredns-x` */
  readonly pod: string;
  /** `CrashLoopBackOff`, `ContainerCreating` */
  readonly problem: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** What the kubelet says of its volumes. */
  readonly mount?: string;
}

interface Found {
  readonly name: string;
  readonly as: string;
  readonly node: V1Node;
  readonly pods: readonly V1Pod[];
  readonly events: readonly CoreV1Event[];
  /** By the clock of the node, which wrote these times. Milliseconds since 1970. */
  readonly now: number;
}

/** Judges what an API server answered. */
export function clusterFacts({ name, as, node, pods, events, now }: Found): ClusterFacts {
  const taints = (node.spec?.taints ?? []).map(
    ({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`,
  );
  const isEvicted = ({ status }: V1Pod): boolean => status?.phase === 'Failed' && status.reason === 'Evicted';
  const evicted = pods.filter(isEvicted).map((pod) => ({
    pod: podName(pod),
    problem: 'Evicted',
    message: shortened(pod.status?.message ?? ''),
    time: evictionTime(pod, events),
  }));
  const troubled = pods.filter((pod) => !isEvicted(pod)).flatMap((pod) => troubledPod(pod, events, now) ?? []);
  return {
    ...{ name, as, node, taints, found: true, troubles: nodeTroubles(node) },
    cordoned: node.spec?.unschedulable === true,
    pods: troubled,
    evicted: evicted.sort((a, b) => b.time - a.time),
  };
}

function troubledPod(pod: V1Pod, events: readonly CoreV1Event[], now: number): TroubledPod | undefined {
  const trouble = troubleOf(pod);
  if (!trouble) return undefined;
  const { status, metadata } = pod;
  const waiting = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    .map(({ state }) => state?.waiting)
    .find((each) => each?.reason);
  const problem = trouble.problem === 'Pending' ? (waiting?.reason ?? 'Pending') : trouble.problem;
  const mount = events.findLast(
    (event) => isAbout(event, pod) && MOUNT.test(event.reason ?? '') && now - timeOf(event) < STILL_TRUE_MS,
  );
  const time = millis(status?.startTime ?? metadata?.creationTimestamp);
  const starts = /^(Pending|ContainerCreating|PodInitializing|not ready)$/.test(problem) && now - time < TO_START_MS;
  if (starts && !mount) return undefined;
  const message = waiting?.message ?? status?.message ?? '';
  return {
    pod: trouble.name,
    ...{ problem, time, message: shortened(message) },
    ...(mount && { mount: shortened(mount.message ?? '') }),
  };
}

const MOUNT = /^Failed(Mount|AttachVolume|MapVolume)$/;

function isAbout({ involvedObject }: CoreV1Event, { metadata }: V1Pod): boolean {
  const { name, namespace } = involvedObject ?? {};
  return name === metadata?.name && namespace === metadata?.namespace;
}

/** The condition is there since 1.26; before, the kubelet's last word on the pod is its eviction. */
function evictionTime(pod: V1Pod, events: readonly CoreV1Event[]): number {
  const disruption = conditionOf(pod, 'DisruptionTarget');
  const event = events.findLast((each) => isAbout(each, pod) && each.reason === 'Evicted');
  const written = (pod.metadata?.managedFields ?? []).map(({ time }) => millis(time));
  return (
    millis(disruption?.lastTransitionTime) ||
    (event && timeOf(event)) ||
    Math.max(0, ...written) ||
    millis(pod.status?.startTime)
  );
}

/** Events of events.k8s.io have other fields than those of before. */
function timeOf({ lastTimestamp, series, eventTime, firstTimestamp, metadata }: CoreV1Event): number {
  return millis(
    lastTimestamp ?? series?.lastObservedTime ?? eventTime ?? firstTimestamp ?? metadata?.creationTimestamp,
  );
}

/** JSON has times as texts, whatever the client's types say. 0 if there is none. */
function millis(time: Date | string | undefined): number {
  return Date.parse(String(time ?? '')) || 0;
}

function shortened(message: string): string {
  const text = message.trim();
  return text.length > MESSAGE_CHARACTERS ? `${text.slice(0, MESSAGE_CHARACTERS)}…` : text;
}

/** A Node object as the archive has it: without annotations and images. */
export function shownNode({ metadata, spec, status }: V1Node): object {
  const { name, creationTimestamp, labels } = metadata ?? {};
  const { conditions, addresses, capacity, allocatable, nodeInfo } = status ?? {};
  const { taints, unschedulable, podCIDR } = spec ?? {};
  return {
    name,
    creationTimestamp,
    labels,
    taints,
    unschedulable,
    podCIDR,
    conditions,
    addresses,
    capacity,
    allocatable,
    nodeInfo,
  };
}

/** A pod as the archive has it: its state, and nothing of its specification, where secrets of all kinds are. */
export function shownPod({ metadata, status }: V1Pod): object {
  const { phase, reason, message, startTime, conditions = [], initContainerStatuses, containerStatuses } = status ?? {};
  const containers = [...(initContainerStatuses ?? []), ...(containerStatuses ?? [])].map(
    ({ name, ready, restartCount, image, state, lastState }) => {
      const { waiting, terminated } = state ?? {};
      const last = lastState?.terminated;
      // What a container wrote as its last message may be anything.
      const ended = (end: typeof terminated) =>
        end && { reason: end.reason, exitCode: end.exitCode, finishedAt: end.finishedAt };
      return { name, image, ready, restartCount, waiting, terminated: ended(terminated), last: ended(last) };
    },
  );
  return {
    pod: `${metadata?.namespace}/${metadata?.name}`,
    ...{ phase, reason, message, startTime, containers },
    conditions: conditions.map(({ type, status: is, reason: why }) => ({ type, status: is, reason: why })),
  };
}

/** One line, as `kubectl get events` has it. */
export function shownEvent(event: CoreV1Event): string {
  const { type = '', reason = '', involvedObject, message = '', count } = event;
  const time = timeOf(event);
  const object = [involvedObject?.kind, involvedObject?.namespace, involvedObject?.name].filter(Boolean).join('/');
  const times = count && count > 1 ? ` (x${count})` : '';
  return `${time ? shownTime(time) : '-'} ${type} ${reason} ${object}: ${shortened(message).replaceAll('\n', ' ')}${times}`;
}
