import type { Agent } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { type Dial, dialingAgent, plainAgent, proxyDial } from '../../http/index.ts';
import type { ApiConnection } from './client.ts';
import type { Credentials } from './credentials.ts';

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

  agentFor(url: URL, { cert, key }: Credentials): Agent {
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
