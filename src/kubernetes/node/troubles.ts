import type { V1Node } from '@kubernetes/client-node';

/** A condition of a Node that keeps pods off the node or harms those that run. */
export interface NodeTrouble {
  /** `DiskPressure` */
  readonly type: string;
  /** `KubeletHasDiskPressure` */
  readonly reason: string;
  readonly message: string;
  /** When it began: RFC 3339; empty if the API server does not say. */
  readonly since: string;
}

/** What the kubelet and the node controller report, and what it means for pods. */
const PRESSURES: Readonly<Record<string, string>> = {
  DiskPressure: 'it evicts pods, removes images, and accepts no new pods',
  MemoryPressure: 'it evicts pods and accepts no new best-effort pods',
  PIDPressure: 'it evicts pods and accepts no new pods',
  OutOfDisk: 'it accepts no new pods',
};

/** True is bad: what node-problem-detector and the clouds report. Others of their conditions only inform. */
const BAD_IF_TRUE =
  /Pressure$|Problem$|Deadlock$|Corrupt|Offline$|Unhealthy$|Unavailable$|^Read-?[Oo]nly|^Frequent|^OutOf|Expired$|Error$|Hung$|Hang$|Failed$|Failure$|NotReady$/;
/** False is bad, as with Ready itself: `KernelReady`, `StorageReady` of EKS. */
const BAD_IF_FALSE = /(?<!Not)Ready$|(?<!Un)Healthy$/;

/**
 * The conditions of a Node that tell of trouble, but for Ready: the worst first. Those that are Unknown tell nothing of
 * their own: the node controller sets all of them so if the kubelet is not heard of.
 * @see https://kubernetes.io/docs/reference/node/node-status/#condition
 * @see https://github.com/kubernetes/node-problem-detector#problem-daemon
 */
export function nodeTroubles({ status }: V1Node): NodeTrouble[] {
  const found = (status?.conditions ?? []).filter(
    ({ type, status: is }) =>
      type !== 'Ready' && ((is === 'True' && BAD_IF_TRUE.test(type)) || (is === 'False' && BAD_IF_FALSE.test(type))),
  );
  const rank = (type: string): number => (isPressure(type) ? 0 : type === 'NetworkUnavailable' ? 1 : 2);
  return found
    .map(({ type, reason = '', message = '', lastTransitionTime }) => ({
      type,
      reason,
      message,
      since: String(lastTransitionTime ?? ''),
    }))
    .sort((a, b) => rank(a.type) - rank(b.type));
}

/** True for a condition under which the kubelet evicts pods. */
export function isPressure(type: string): boolean {
  return Object.hasOwn(PRESSURES, type);
}

/** What a condition means for pods: `it evicts pods ...`; empty for a condition that Kubernetes does not know. */
export function effectOf(type: string): string {
  if (type === 'NetworkUnavailable') return 'the network of pods is not set up';
  return PRESSURES[type] ?? '';
}
