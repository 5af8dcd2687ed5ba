import type { Ens, EnsInstance, EnsInterface, SecurityRule } from '../../cloud/ens.ts';
import type { EdgeadmError } from '../../errors/index.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import type { DrainPolicy } from '../../kubernetes/drain/pods.ts';
import type { EdgeNode } from './cluster-node.ts';

/** The request of `eni bind`. */
export interface BindSpec {
  readonly instanceId: string;
  readonly region: string;
  /** Secondary interfaces with edgeadm's marker that the instance has at the end. */
  readonly eniNumber: number;
  /** Default: the instance's. */
  readonly vSwitchId?: string;
  readonly securityGroupId?: string;
  /** Attach these, and buy none. */
  readonly interfaceIds?: readonly string[];
  /** Add the rules that pods need to the security groups. */
  readonly addRules?: boolean;
  /** Count and use interfaces that edgeadm did not buy. */
  readonly reuseAvailable: boolean;
  readonly forceStop: boolean;
  /** Where the cluster is, for the commands that messages name. */
  readonly kubeconfig?: string;
  readonly drainPolicy?: DrainPolicy;
}

/** The request of `eni release`. */
export interface ReleaseSpec {
  readonly instanceId: string;
  readonly region: string;
  /** Only these; default: all that edgeadm bought for the instance. */
  readonly interfaceIds: readonly string[];
  readonly forceStop: boolean;
  readonly drainPolicy?: DrainPolicy;
}

/** What was found before anything is changed. */
export interface Inspection {
  readonly instance: EnsInstance;
  /** All of the instance's network. */
  readonly interfaces: readonly EnsInterface[];
  /** undefined if the cloud does not say. */
  readonly networkCidr?: string;
  readonly securityRules: readonly SecurityRule[];
  /** The instance as a node of the cluster, if a kubeconfig was given and it is one. */
  readonly node?: EdgeNode;
}

/** All protocols and ports, from or to a network. */
export interface RuleToAdd {
  readonly direction: 'ingress' | 'egress';
  readonly cidr: string;
}

/** What `eni bind` is going to do. */
export interface BindPlan {
  /** On the instance already, and counted. */
  readonly attached: readonly EnsInterface[];
  /** Bought earlier, to be attached. */
  readonly attach: readonly EnsInterface[];
  /** Names of those to buy. */
  readonly buy: readonly string[];
  /** Bought for the instance by edgeadm and not needed. */
  readonly surplus: readonly EnsInterface[];
  /** Of the instance, the primary one among them. */
  readonly interfacesBefore: number;
  readonly interfacesAfter: number;
  readonly podsBefore: number;
  readonly podsAfter: number;
  /** Rules that pods need and the security groups have not. */
  readonly missingRules: readonly string[];
  /** Those of them that were requested to be added. */
  readonly rulesToAdd: readonly RuleToAdd[];
  readonly vSwitchId: string;
  readonly securityGroupIds: readonly string[];
  /** True if interfaces have to be attached: the instance is stopped for it. */
  readonly stops: boolean;
  /** True if everything is as requested. */
  readonly nothing: boolean;
}

/** What one phase leaves for the next ones. */
export interface EniFacts {
  inspection?: Inspection;
  plan?: BindPlan;
  /** Everything is as requested: there is no prompt, and the instance is left unchanged. */
  nothing?: boolean;
  /** The user confirmed, or nothing needed confirmation: from here on the instance must run when the command ends. */
  agreed: boolean;
  /** Milliseconds since 1970. */
  stoppedAt?: number;
  runningAt?: number;
  /** This run has cordoned the node, or was about to. */
  cordoned?: boolean;
  /** Interfaces that are there and wait to be attached or taken away. */
  ready: readonly EnsInterface[];
  /** The result: read again at the end. */
  attached?: readonly EnsInterface[];
  /** What the cloud said for good about an interface, by its id. */
  readonly refused: Map<string, EdgeadmError>;
}

/** What the phases of both commands work with. */
export interface EniContext<S> {
  readonly spec: S;
  readonly ens: Ens;
  readonly cluster?: ApiClient;
  readonly facts: EniFacts;
  /** Tells a line that stays on the screen. */
  readonly say: (line: string) => void;
  /** undefined if there is no terminal. */
  readonly ask?: (question: string) => Promise<boolean>;
  readonly assumeYes: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** First and longest pause between two looks. Milliseconds. */
  readonly paceMs: readonly [number, number];
  /** How long a bought interface may take to show in the list. Milliseconds. */
  readonly listDelayMs: number;
}

export type BindContext = EniContext<BindSpec>;
export type ReleaseContext = EniContext<ReleaseSpec>;

/** A fact that an earlier phase has found: the phases of `eni` run in order only, since they stop and buy things. */
export function found<T>(fact: T | undefined, what: string): T {
  if (fact === undefined) throw new Error(`${what} is not known yet`);
  return fact;
}
