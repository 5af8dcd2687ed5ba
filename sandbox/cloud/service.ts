import type { Store } from '../store.ts';
import type { CloudPlace, SandboxProduct } from './hosts.ts';

/** A request to the emulated cloud whose signature was checked (a bearer token is the service's own affair). */
export interface CloudRequest {
  readonly method: string;
  /** Decoded, without the query: `/clusters/c1/nodepools`. RPC requests have `/`. */
  readonly path: string;
  /** `AttachNetworkInterface`, for faults too. ROA services name theirs by {@link CloudService.actionOf}. */
  readonly action: string;
  /** Query and form parameters of an RPC request, the query of a ROA one. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Parsed JSON of a ROA body; undefined if there is none. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The endpoint that was called; undefined for an address of the sandbox, which is for every region. */
  readonly place?: CloudPlace;
}

/** Becomes the JSON body; a string is the body as it is. Errors are thrown as {@link CloudFailure}. */
export type CloudAnswer = object | string;

/** An error as the real service words it. */
export class CloudFailure extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** One emulated service. */
export interface CloudService {
  /** Which endpoints lead to it. */
  readonly product: SandboxProduct;
  /** How callers are known: by an account's signature (`ens`, `cs`) or by a token the service looks at itself. */
  readonly authentication: 'signature' | 'bearer';
  /** True if the service words its errors itself, in lower case; those of the gateway begin with capitals. */
  readonly ownErrors?: boolean;
  /** Of the API, if callers name it: `2017-11-10`. */
  readonly version?: string;
  /** The name of the action that a request asks for; undefined if the request is not for this service. */
  actionOf(method: string, path: string, parameters: Readonly<Record<string, string>>): string | undefined;
  handle(request: CloudRequest): CloudAnswer | Promise<CloudAnswer>;
}

/** What every service is made of. */
export interface CloudParts {
  readonly store: Store;
  /** Milliseconds since 1970; tests wind it forward. */
  readonly now: () => number;
  /** `https://127.0.0.1:PORT` of the API server and of this cloud, for what the answers name. */
  readonly apiServer: string;
  readonly cloud: string;
  /** PEM of the sandbox's CA, which signs for both. */
  readonly caPem: string;
  /** Also answer the actions that the real service switches off. */
  readonly retiredActions?: boolean;
  /** Changes last so many times as long; 1 by default. */
  readonly slowness?: number;
}

/** How long a change lasts in this sandbox. Milliseconds. */
export function lasting({ slowness = 1 }: Pick<CloudParts, 'slowness'>, ms: number): number {
  return ms * slowness;
}
