import { groupVersion, type KubeObject, type Resource } from './resources.ts';

/** Where version 1 keeps the metrics and the behaviour that it has no fields for. Source: k8s.io/kubernetes, pkg/apis/autoscaling/v1/conversion.go */
const OTHERS = 'autoscaling.alpha.kubernetes.io/metrics';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';

/** What a metric of the version 2 has of a resource, as cpu. */
interface ResourceMetric {
  readonly type: string;
  readonly resource?: { readonly name: string; readonly target?: Target; readonly current?: Target };
}

interface Target {
  readonly type?: string;
  readonly averageUtilization?: number;
  readonly averageValue?: string;
}

/** An autoscaler of any of its versions as the sandbox keeps it, which is version 2; any other object as it is. */
export function toKept(resource: Pick<Resource, 'kind' | 'group'>, version: string, object: KubeObject): KubeObject {
  if (!isFirst(resource, version)) return object;
  const { targetCPUUtilizationPercentage: wanted, ...spec } = object.spec ?? {};
  const { currentCPUUtilizationPercentage: current, ...status } = object.status ?? {};
  const { [OTHERS]: others, [BEHAVIOR]: behavior, ...annotations } = object.metadata.annotations ?? {};
  const cpu = (part: 'target' | 'current', averageUtilization: unknown): object[] => {
    const value = part === 'target' ? { type: 'Utilization', averageUtilization } : { averageUtilization };
    return averageUtilization === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', [part]: value } }];
  };
  const metrics = [...otherMetrics(others), ...cpu('target', wanted)];
  const currentMetrics = cpu('current', current);
  return {
    ...object,
    metadata: { ...object.metadata, ...(object.metadata.annotations && { annotations }) },
    ...(object.spec && {
      spec: { ...spec, ...(metrics.length > 0 && { metrics }), ...(behavior && { behavior: parsed(behavior) }) },
    }),
    ...(object.status && { status: { ...status, ...(currentMetrics.length > 0 && { currentMetrics }) } }),
  };
}

/** The opposite of {@link toKept}. */
export function fromKept(resource: Pick<Resource, 'kind' | 'group'>, version: string, object: KubeObject): KubeObject {
  if (!isFirst(resource, version)) return object;
  const { metrics = [], behavior, ...spec } = (object.spec ?? {}) as { metrics?: ResourceMetric[]; behavior?: object };
  const {
    currentMetrics = [],
    conditions: _,
    ...status
  } = (object.status ?? {}) as {
    currentMetrics?: ResourceMetric[];
    conditions?: object[];
  };
  const cpu = metrics.find(isUtilizationOfCpu);
  const others = metrics.filter((metric) => metric !== cpu);
  const wanted = cpu?.resource?.target?.averageUtilization;
  const current = currentMetrics.find(({ resource: of }) => of?.name === 'cpu')?.resource?.current?.averageUtilization;
  const annotations = {
    ...object.metadata.annotations,
    ...(others.length > 0 && { [OTHERS]: JSON.stringify(others.map(asFirst)) }),
    ...(behavior && { [BEHAVIOR]: JSON.stringify(behavior) }),
  };
  return {
    ...object,
    metadata: { ...object.metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    ...(object.spec && { spec: { ...spec, ...(wanted !== undefined && { targetCPUUtilizationPercentage: wanted }) } }),
    ...(object.status && {
      status: { ...status, ...(current !== undefined && { currentCPUUtilizationPercentage: current }) },
    }),
  };
}

function isFirst({ group, kind }: Pick<Resource, 'kind' | 'group'>, version: string): boolean {
  return kind === 'HorizontalPodAutoscaler' && groupVersion(group, version) === 'autoscaling/v1';
}

function isUtilizationOfCpu({ type, resource }: ResourceMetric): boolean {
  return type === 'Resource' && resource?.name === 'cpu' && resource.target?.averageUtilization !== undefined;
}

/** As the annotation has a metric. */
function asFirst(metric: ResourceMetric): object {
  const { name, target } = metric.resource ?? {};
  if (name === undefined || target === undefined) return metric;
  const { averageUtilization, averageValue } = target;
  const value =
    averageUtilization === undefined
      ? { targetAverageValue: averageValue }
      : { targetAverageUtilization: averageUtilization };
  return { type: metric.type, resource: { name, ...value } };
}

function otherMetrics(text: string | undefined): object[] {
  const metrics = parsed(text ?? '[]');
  return (Array.isArray(metrics) ? metrics : []).map((metric: { resource?: Record<string, unknown> }) => {
    const { targetAverageUtilization: percent, targetAverageValue: value, ...rest } = metric.resource ?? {};
    if (percent === undefined && value === undefined) return metric;
    const target =
      percent === undefined
        ? { type: 'AverageValue', averageValue: value }
        : { type: 'Utilization', averageUtilization: percent };
    return { ...metric, resource: { ...rest, target } };
  });
}

/** Undefined for an annotation that is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
