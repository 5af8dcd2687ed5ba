import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { isReady } from '../../kubernetes/node/conditions.ts';
import { quantityOf } from '../../kubernetes/quantity.ts';
import { count } from '../../lib/count.ts';
import { formatBytes } from '../../lib/format-bytes.ts';

/** Labels of the pods of a group that is scheduled as a whole. Source: the guide, chapter 5.3.1. */
export const GROUP_NAME = 'pod-group.scheduling.sigs.k8s.io/name';
export const MIN_AVAILABLE = 'pod-group.scheduling.sigs.k8s.io/min-available';

/** What is known of a group of pods, and what is wrong with it. */
export interface GangGroup {
  readonly namespace: string;
  readonly group: string;
  /** Undefined if the pods do not agree. */
  readonly minAvailable: number | undefined;
  readonly pods: number;
  readonly scheduled: number;
  readonly problems: readonly string[];
}

/** A pod is finished: it needs nothing any more. */
const isDone = ({ status }: V1Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** The groups of a cluster, by namespace and name. */
export function gangGroups(pods: readonly V1Pod[], nodes: readonly V1Node[]): GangGroup[] {
  const live = pods.filter((pod) => !isDone(pod));
  const groups = Map.groupBy(
    live.filter(({ metadata }) => metadata?.labels?.[GROUP_NAME]),
    ({ metadata }) => `${metadata?.namespace}/${metadata?.labels?.[GROUP_NAME]}`,
  );
  const free = freeResources(nodes, live);
  return [...groups]
    .map(([key, members]) => groupOf(key, members, free))
    .sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

const keyOf = ({ namespace, group }: GangGroup): string => `${namespace}/${group}`;

function groupOf(key: string, pods: readonly V1Pod[], free: readonly Resources[]): GangGroup {
  const [namespace = '', group = ''] = key.split('/');
  const numbers = new Set(pods.map(({ metadata }) => metadata?.labels?.[MIN_AVAILABLE]));
  const [text] = numbers.size === 1 ? numbers : [];
  const isNumber = text !== undefined && /^[1-9]\d*$/.test(text) && Number.isSafeInteger(Number(text));
  const minAvailable = isNumber ? Number(text) : undefined;
  const waiting = pods.filter(({ spec }) => !spec?.nodeName);
  const scheduled = pods.length - waiting.length;
  const problems = [
    ...labelProblems(numbers, minAvailable),
    ...priorityProblems(pods),
    ...(minAvailable !== undefined && pods.length < minAvailable
      ? [`it has ${count('pod', pods.length)}, fewer than the ${minAvailable} that have to be scheduled together`]
      : []),
    ...(minAvailable !== undefined && scheduled > 0 && scheduled < minAvailable
      ? [
          `${scheduled} pods are scheduled, fewer than ${minAvailable}: the scheduler does not treat them as a group (a Pro cluster is needed)`,
        ]
      : []),
    ...(minAvailable === undefined || scheduled >= minAvailable
      ? []
      : resourceProblems(waiting.slice(0, minAvailable - scheduled), free)),
  ];
  return { namespace, group, minAvailable, pods: pods.length, scheduled, problems };
}

function labelProblems(numbers: ReadonlySet<string | undefined>, minAvailable: number | undefined): string[] {
  const texts = [...numbers].map((each) => each ?? 'none');
  if (numbers.size > 1) return [`its pods have different values of min-available: ${texts.sort().join(', ')}`];
  return minAvailable === undefined ? [`min-available is "${texts[0]}", not a number of pods`] : [];
}

function priorityProblems(pods: readonly V1Pod[]): string[] {
  const priorities = new Set(pods.map(({ spec }) => spec?.priority ?? 0));
  return priorities.size > 1
    ? [`its pods have different priorities: ${[...priorities].sort((a, b) => a - b).join(', ')}`]
    : [];
}

type Resources = Readonly<Record<string, number>>;

function resourcesOf(quantities: Readonly<Record<string, string>> | undefined): Resources {
  return Object.fromEntries(Object.entries(quantities ?? {}).map(([name, text]) => [name, quantityOf(text) ?? 0]));
}

/** What a pod needs of a node; its init containers run before the others and count if they need more. */
function requestOf({ spec }: V1Pod): Resources {
  const wanted = (container: { resources?: { requests?: Record<string, string>; limits?: Record<string, string> } }) =>
    resourcesOf({ ...container.resources?.limits, ...container.resources?.requests });
  const sum = (spec?.containers ?? []).map(wanted).reduce(plus, { pods: 1 });
  return (spec?.initContainers ?? []).map(wanted).reduce(most, sum);
}

const plus = (one: Resources, other: Resources): Resources => combined(one, other, (a, b) => a + b);
const minus = (one: Resources, other: Resources): Resources => combined(one, other, (a, b) => a - b);
const most = (one: Resources, other: Resources): Resources => combined(one, other, Math.max);

function combined(one: Resources, other: Resources, join: (a: number, b: number) => number): Resources {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, join(one[name] ?? 0, other[name] ?? 0)]));
}

/** What is left of each node that takes pods: the scheduler leaves out one that is cordoned or not Ready. */
function freeResources(nodes: readonly V1Node[], pods: readonly V1Pod[]): Resources[] {
  const byNode = Map.groupBy(pods, ({ spec }) => spec?.nodeName);
  return nodes
    .filter((node) => node.spec?.unschedulable !== true && isReady(node))
    .map((node) =>
      (byNode.get(node.metadata?.name) ?? []).map(requestOf).reduce(minus, resourcesOf(node.status?.allocatable)),
    );
}

/** Puts each pod on the first node that has room. Taints and affinity are not looked at: the scheduler may find less. */
function resourceProblems(pods: readonly V1Pod[], free: readonly Resources[]): string[] {
  if (free.length === 0 && pods.length > 0) return ['no node is Ready and takes pods'];
  const left = [...free];
  for (const pod of pods) {
    const request = requestOf(pod);
    const at = left.findIndex((node) => lacking(request, node).length === 0);
    if (at < 0) return [`no node has room for ${pod.metadata?.name}: it needs ${shown(request, left)}`];
    left[at] = minus(left[at] ?? {}, request);
  }
  return [];
}

function lacking(request: Resources, node: Resources): string[] {
  return Object.entries(request).flatMap(([name, amount]) => (amount > 0 && amount > (node[name] ?? 0) ? [name] : []));
}

function shown(request: Resources, free: readonly Resources[]): string {
  const scarce = Object.keys(request).filter((name) => free.every((node) => (node[name] ?? 0) < (request[name] ?? 0)));
  const names = scarce.length > 0 ? scarce : Object.keys(request).filter((name) => name !== 'pods');
  return names.map((name) => `${amountOf(name, request[name] ?? 0)} ${name}`).join(', ');
}

const amountOf = (name: string, amount: number): string =>
  /^(memory|ephemeral-storage|hugepages-.+)$/.test(name) ? formatBytes(amount) : String(amount);
