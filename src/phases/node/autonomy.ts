import type { V1Deployment, V1Node } from '@kubernetes/client-node';
import { EdgeadmError } from '../../errors/index.ts';
import type { ChangeRequest } from '../../kubernetes/api/change.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { poolLabelOf } from '../../kubernetes/api/node-pools.ts';
import { edgeNames, edgeNamesOf, placeOf } from '../../kubernetes/edge-names.ts';
import { isReady } from '../../kubernetes/node/conditions.ts';
import { nodeNameOf } from '../../kubernetes/node/node.ts';
import { compareVersions } from '../../kubernetes/version.ts';
import { parseDuration } from '../../lib/duration.ts';

/** OpenYurt's way to bind all pods to their node, older than autonomy and stronger. */
const BINDING = 'apps.openyurt.io/binding';
/** The release of OpenYurt that reads a duration. Source: v1.6.0, pkg/projectinfo/projectinfo.go. */
const DURATION_SINCE = '1.6.0';

/** Whether the pods of a node stay while it is disconnected. */
export interface NodeAutonomy {
  readonly name: string;
  readonly place: ReturnType<typeof placeOf>;
  readonly pool: string | undefined;
  readonly ready: boolean;
  readonly autonomous: boolean;
  /** `2h`: how long pods stay; undefined for as long as it takes. */
  readonly duration: string | undefined;
  /** `node.beta.openyurt.io/autonomy=true`: what says so. */
  readonly annotation: string | undefined;
}

/** Reads it as the controllers do: the annotation without an end is the stronger one. */
export function autonomyOf(node: V1Node): NodeAutonomy {
  const annotations = node.metadata?.annotations ?? {};
  const names = edgeNamesOf(node);
  const place = placeOf(node);
  const openEnded = names && [names.autonomy, BINDING].find((key) => annotations[key] === 'true');
  const limited = names?.autonomyDuration !== undefined && isDuration(annotations[names.autonomyDuration]);
  const key = place !== 'edge' ? undefined : (openEnded ?? (limited ? names.autonomyDuration : undefined));
  const duration = key !== undefined && key === names?.autonomyDuration ? annotations[key] : undefined;
  return {
    name: nodeNameOf(node),
    place,
    pool: poolLabelOf(node),
    ready: isReady(node),
    autonomous: key !== undefined,
    // A duration of zero or less has no end.
    duration: duration !== undefined && Number.parseFloat(duration) > 0 ? duration : undefined,
    annotation: key && `${key}=${annotations[key]}`,
  };
}

function isDuration(text: string | undefined): boolean {
  return text !== undefined && parseDuration(text.replace(/^-/, '')) !== undefined;
}

/**
 * What to change in nodes.
 * @param duration of Go, such as `2h`; undefined for autonomy without an end
 * @throws EdgeadmError SETTING_REFUSED with every node that cannot have it
 */
export function autonomyChanges(nodes: readonly V1Node[], on: boolean, duration?: string): ChangeRequest[] {
  const reasons = nodes.flatMap((node) => refusalOf(node, duration));
  if (reasons.length > 0)
    throw new EdgeadmError({
      code: 'SETTING_REFUSED',
      what: 'node autonomy cannot be set for all of these nodes',
      why: reasons.join('\n'),
      next: 'Leave these nodes out: `edgeadm node autonomy show` lists all nodes.',
    });
  return nodes.map((node) => ({
    name: `node/${nodeNameOf(node)}`,
    path: `/api/v1/nodes/${nodeNameOf(node)}`,
    before: { ...node, apiVersion: 'v1', kind: 'Node' },
    patch: { metadata: { annotations: annotationsFor(node, on, duration) } },
  }));
}

/** Both keys are set or removed: the one without an end would win over the other. */
function annotationsFor(node: V1Node, on: boolean, duration: string | undefined): Record<string, string | null> {
  const { autonomy, autonomyDuration } = edgeNamesOf(node) ?? edgeNames('openyurt');
  return {
    [autonomy]: on && duration === undefined ? 'true' : null,
    ...(autonomyDuration && { [autonomyDuration]: on && duration !== undefined ? duration : null }),
  };
}

/** The nodes that would change, grouped by what they are now: an undo gives each group what it had. */
export function autonomyBefore(
  nodes: readonly V1Node[],
  wanted: Pick<NodeAutonomy, 'autonomous' | 'duration'>,
): { readonly autonomous: boolean; readonly duration: string | undefined; readonly names: readonly string[] }[] {
  const differing = nodes.map(autonomyOf).filter((now) => stateOf(now) !== stateOf(wanted));
  return [...Map.groupBy(differing, stateOf).values()].map((group) => ({
    autonomous: group[0]?.autonomous ?? false,
    duration: group[0]?.duration,
    names: group.map(({ name }) => name),
  }));
}

const stateOf = ({ autonomous, duration = '' }: Pick<NodeAutonomy, 'autonomous' | 'duration'>): string =>
  `${autonomous} ${duration}`;

function refusalOf(node: V1Node, duration: string | undefined): string[] {
  const name = nodeNameOf(node);
  const names = edgeNamesOf(node);
  const place = placeOf(node);
  if (place === 'cloud')
    return [`${name}: a cloud node (${names?.edgeLabel}=false); only edge nodes can be autonomous`];
  if (place === 'other' || !names) {
    const labels = [edgeNames('ack').edgeLabel, edgeNames('openyurt').edgeLabel].join(' or ');
    return [`${name}: not an edge node: it has no label ${labels}`];
  }
  if (duration === undefined || names.autonomyDuration) return [];
  return [`${name}: ${names.title} has no time limit; leave out --duration`];
}

/** The controller of OpenYurt that keeps the pods, and its version; both undefined if the cluster does not have it. */
export interface AutonomyKeeper {
  readonly name: string | undefined;
  readonly version: string | undefined;
}

/** Looks for what acts on OpenYurt's annotations. */
export async function autonomyKeeper(client: ApiClient, signal?: AbortSignal): Promise<AutonomyKeeper> {
  for (const name of edgeNames('openyurt').controllers) {
    const path = `/apis/apps/v1/namespaces/kube-system/deployments/${name}`;
    const found = await client.find<V1Deployment>(path, { signal });
    const image = found?.spec?.template.spec?.containers[0]?.image;
    if (found) return { name, version: /:v?(\d+\.\d+\.\d+)/.exec(image ?? '')?.[1] };
  }
  return { name: undefined, version: undefined };
}

/** @throws EdgeadmError SETTING_REFUSED if the controller of the cluster does not read durations */
export function refuseOldKeeper({ name, version }: AutonomyKeeper): void {
  if (version === undefined || compareVersions(version, DURATION_SINCE) >= 0) return;
  throw new EdgeadmError({
    code: 'SETTING_REFUSED',
    what: 'this cluster does not support autonomy for a limited time',
    why: `${name} is ${version}; durations came with OpenYurt ${DURATION_SINCE}`,
    next: 'Leave out --duration: pods then stay for as long as the node is disconnected.',
  });
}
