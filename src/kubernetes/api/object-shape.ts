import { z } from 'zod';
import { checkShape } from '../../lib/check-shape.ts';

const text = z.string().nullish();
const flag = z.boolean().nullish();
const number = z.number().nullish();
const map = z.record(z.string(), z.string()).nullish();
const part = <Shape extends z.ZodRawShape>(shape: Shape) => z.looseObject(shape).nullish();
const list = <Shape extends z.ZodRawShape>(shape: Shape) => z.array(z.looseObject(shape)).nullish();

const metadata = part({
  name: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
  creationTimestamp: text,
  deletionTimestamp: text,
  labels: map,
  annotations: map,
  ownerReferences: list({ kind: z.string(), name: z.string(), controller: flag }),
  managedFields: list({ time: text }),
});

const waiting = part({ reason: text, message: text });
const containers = list({ name: text, image: text, command: z.array(z.string()).nullish() });
const containerStatuses = list({ name: text, ready: flag, restartCount: number, state: part({ waiting }) });

const podSpec = {
  nodeName: text,
  hostNetwork: flag,
  nodeSelector: map,
  volumes: list({ name: text }),
  containers,
  initContainers: containers,
  tolerations: list({ key: text, operator: text, value: text, effect: text }),
};

/**
 * The fields of objects that edgeadm reads, by the API of Kubernetes: they mean the same in every kind that has them.
 * Others are left as they are.
 */
const OBJECT = z.looseObject({
  metadata,
  spec: part({
    ...podSpec,
    unschedulable: flag,
    podCIDR: text,
    replicas: number,
    taints: list({ key: z.string(), value: text, effect: text }),
    ports: list({ name: text, protocol: text }),
    template: part({ metadata, spec: part(podSpec) }),
    holderIdentity: text,
    renewTime: text,
  }),
  status: part({
    phase: text,
    reason: text,
    message: text,
    startTime: text,
    conditions: list({ type: z.string(), status: text, reason: text, message: text }),
    addresses: list({ type: z.string(), address: z.string() }),
    nodeInfo: part({
      machineID: text,
      kubeletVersion: text,
      kernelVersion: text,
      osImage: text,
      operatingSystem: text,
      architecture: text,
      containerRuntimeVersion: text,
    }),
    containerStatuses,
    initContainerStatuses: containerStatuses,
    loadBalancer: part({ ingress: list({ ip: text, hostname: text }) }),
    certificate: text,
  }),
  data: map,
  type: text,
  reason: text,
  message: text,
  count: number,
  firstTimestamp: text,
  lastTimestamp: text,
  eventTime: text,
  series: part({ count: number, lastObservedTime: text }),
  involvedObject: part({ kind: text, name: text, namespace: text }),
  subsets: list({ addresses: list({ ip: text, nodeName: text }), notReadyAddresses: list({}), ports: list({}) }),
});

const EVENT = z.looseObject({ type: z.string(), object: z.looseObject({}) });

function originOf(path: string) {
  return {
    what: `the API server's answer to GET ${path.split('?')[0]}`,
    code: 'API_ERROR',
    next: 'Check the address: a proxy may change the answer. If it is an API server, read the object: `kubectl get --raw PATH`.',
  } as const;
}

/**
 * An object of the API with the types that its readers rely on; any other answer is left as it is.
 * @throws EdgeadmError API_ERROR with the path, and the first key that has another type
 */
export function checkedObject<T>(value: T, path: string): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return withoutNulls(checkShape(OBJECT, value, originOf(path))) as T;
}

/** Go writes what is empty as null: it counts as left out. In a list it stays: the readers of lists refuse it. */
function withoutNulls<T extends object>(value: T): T {
  for (const [key, each] of Object.entries(value)) {
    if (typeof each === 'object' && each !== null) withoutNulls(each);
    else if (each === null && !Array.isArray(value)) delete value[key as keyof T];
  }
  return value;
}

/** An event of a watch. @throws EdgeadmError API_ERROR */
export function checkedEvent<T extends object>(value: T, path: string): T {
  const event = checkShape(EVENT, value, originOf(path));
  return {
    ...event,
    object: event.type === 'ERROR' ? event.object : checkedObject(event.object, path),
  } as unknown as T;
}
