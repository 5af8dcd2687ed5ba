/** One call of a cloud API. */
export interface CloudCall {
  /** As the API spells it: `AttachNetworkInterface`. */
  readonly action: string;
  /** All parameters of an RPC call, the query of a ROA one; undefined ones are left out. */
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  /** ROA only; default GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** ROA only: `/clusters/c1/nodepools`, its parts already encoded. */
  readonly path?: string;
  /** ROA only: sent as JSON. */
  readonly body?: object;
  /** What the body of the answer is; default JSON. */
  readonly answer?: 'text';
  /** Each call makes something, such as a token: it is tried again only if the cloud has refused it as one too many. */
  readonly makes?: boolean;
  /** Ends a read. An order in progress is waited for, since its answer is needed. */
  readonly signal?: AbortSignal;
}

export interface SendOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /**
   * Over a new connection, for a request that must not be sent again: a server may close a kept one at the moment in which
   * it is used, and it is unknown then whether the request arrived. Source: RFC 9112, 9.3.1.
   */
  readonly onNewConnection?: boolean;
}

/** Sends one request and gives the answer, whatever its status. Throws what the network threw. */
export interface CloudTransport {
  readonly endpoint: string;
  send(call: CloudCall, options: SendOptions): Promise<CloudResponse>;
}

export interface CloudResponse {
  readonly status: number;
  /** Parsed JSON; undefined if there was none. */
  readonly body: unknown;
  /** A body that is not JSON. */
  readonly text?: string;
}
