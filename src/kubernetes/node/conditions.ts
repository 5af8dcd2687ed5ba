/** What Kubernetes says about an object in one word: of a node, a pod, a Job ... */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastHeartbeatTime?: Date;
  readonly lastTransitionTime?: Date;
}

interface WithConditions {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** The condition of this type; undefined if the object does not have it (yet). */
export function conditionOf({ status }: WithConditions, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** True for a node or a pod whose condition Ready is True. */
export function isReady(object: WithConditions): boolean {
  return conditionOf(object, 'Ready')?.status === 'True';
}
