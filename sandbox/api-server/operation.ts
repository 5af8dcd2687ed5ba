import type { User } from './authentication.ts';
import type { Registry } from './registry.ts';
import type { Resource } from './resources.ts';

/** A request that may be done: authenticated, authorised, its resource known. */
export interface Operation {
  readonly registry: Registry;
  readonly user: User;
  readonly resource: Resource;
  /** All that is served. */
  readonly resources: readonly Resource[];
  /** Of the resource's group. */
  readonly version: string;
  /** Minor version of the Kubernetes that this server is. */
  readonly minor: number;
  readonly subresource: string;
  /** Empty for all, and for resources that have none. */
  readonly namespace: string;
  /** Empty if the path names none. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly contentType: string;
  readonly userAgent: string;
  /** What the answer warns of. */
  readonly warnings: string[];
}
