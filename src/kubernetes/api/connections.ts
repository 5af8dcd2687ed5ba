import type { Agent } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { type Dial, dialingAgent, plainAgent, proxyDial } from '../../http/index.ts';
import type { ApiCredentials, CredentialSource } from './credentials.ts';

/** @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
export type ImpersonationHeaders = Readonly<Record<string, string | readonly string[]>>;

/** How to reach an API server and who we are to it. */
export interface ApiConnection {
  /** `https://host:port`, perhaps with a path; the next one is tried if one cannot be reached. */
  readonly servers: readonly string[];
  /** PEM of the CA; undefined only for the first, unverified look at cluster-info. */
  readonly ca?: string;
  /** The name that the certificate must have, if it is not the server's host: `tls-server-name` of a kubeconfig. */
  readonly serverName?: string;
  /** A function if it is replaced now and then, as that of a pod. */
  readonly token?: string | (() => string | Promise<string>);
  /** The whole header, for anything but a Bearer token. */
  readonly authorization?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Whom the requests are made in the name of: `as` of a kubeconfig. */
  readonly impersonation?: ImpersonationHeaders;
  /** Takes the place of token and certificate if they end. */
  readonly credentials?: CredentialSource;
  /** http, https or socks5: `proxy-url` of a kubeconfig. */
  readonly proxy?: URL;
}

/** The connections to an API server that stay open between requests. Clients may share them. */
export class Connections {
  readonly #connection: ApiConnection;
  readonly #dial: Dial;
  readonly #plain: Agent;
  /** By the client's certificate: an exec plug-in may give another one. */
  readonly #tls = new Map<string | undefined, Agent>();

  constructor(connection: ApiConnection, dial: Dial) {
    this.#connection = connection;
    this.#dial = connection.proxy ? proxyDial(connection.proxy, dial) : dial;
    this.#plain = plainAgent(this.#dial);
  }

  agentFor(url: URL, { cert, key }: ApiCredentials): Agent {
    if (url.protocol === 'http:') return this.#plain;
    const known = this.#tls.get(cert);
    if (known) return known;
    const agent = dialingAgent(tlsOf({ ...this.#connection, cert, key }), this.#dial);
    this.#tls.set(cert, agent);
    return agent;
  }

  close(): void {
    this.#plain.destroy();
    for (const agent of this.#tls.values()) agent.destroy();
  }
}

function tlsOf({ ca, cert, key, serverName }: ApiConnection): ConnectionOptions {
  return { ca, cert, key, servername: serverName, rejectUnauthorized: ca !== undefined };
}
