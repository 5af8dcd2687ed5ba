import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ApiClient, type RequestOptionsOf } from '../../src/kubernetes/api/client.ts';
import { minorOf } from '../../src/kubernetes/version.ts';
import { waitFor } from '../../src/lib/wait-for.ts';
import { certificateRequest, generateKey, type KeyPair } from '../../src/pki/certificate-request.ts';
import { type Ended, edgeadm } from '../sandbox/program.ts';

/** An API server that the contract is held against. */
export interface Subject {
  /** `https://127.0.0.1:7443` */
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  /** PEM of a client certificate of system:masters. */
  readonly admin: { readonly cert: string; readonly key: string };
  /** Of Kubernetes, `v1.20.2`. */
  readonly version: string;
}

/** What an HTTP request is answered with. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What an expectation reads of any object. */
export interface AnyObject {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
  };
  readonly data?: Record<string, string>;
  readonly type?: string;
  readonly spec?: Record<string, unknown>;
  readonly status?: Record<string, unknown>;
  readonly items?: AnyObject[];
}

/** A Status object. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message: string | RegExp;
}

/** Clients of one subject, and names that no earlier run has used. */
export class Contract {
  readonly subject: Subject;
  readonly admin: ApiClient;
  readonly anonymous: ApiClient;
  /** A beginning for names. */
  readonly prefix = `contract-${randomBytes(3).toString('hex')}`;
  readonly #clients: ApiClient[] = [];
  #folder: string | undefined;
  readonly #nodes = new Map<string, Promise<ApiClient>>();

  constructor(subject: Subject) {
    this.subject = subject;
    this.admin = this.as(subject.admin);
    this.anonymous = this.as({});
  }

  /** The minor version of Kubernetes. */
  get minor(): number {
    return minorOf(this.subject.version);
  }

  /** A request of the administrator as it stands: the client of edgeadm sends JSON and asks for nothing else. */
  raw(method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer): Promise<RawAnswer> {
    const { server, ca, admin } = this.subject;
    return new Promise((resolve, reject) => {
      httpsRequest(`${server}${path}`, { method, ca, ...admin, headers }, (response) => {
        const { statusCode: status = 0, headers: answered } = response;
        text(response).then((found) => resolve({ status, headers: answered, body: found }), reject);
      })
        .on('error', reject)
        .end(body);
    });
  }

  /** A client with these credentials. */
  as(credentials: { cert?: string; key?: string; token?: string }): ApiClient {
    const { server, ca } = this.subject;
    const dial = async ({ host, port }: { host: string; port: number }) => connect(port, host);
    const client = new ApiClient({ servers: [server], ca, ...credentials }, dial);
    this.#clients.push(client);
    return client;
  }

  /** A new bootstrap token, `ID.SECRET`; what `more` says is part of its Secret. */
  async token(more: Record<string, string | undefined> = {}): Promise<string> {
    const [id, secret] = [randomBytes(3).toString('hex'), randomBytes(8).toString('hex')];
    const stringData = {
      'token-id': id,
      'token-secret': secret,
      'usage-bootstrap-authentication': 'true',
      'usage-bootstrap-signing': 'true',
      'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
      ...more,
    };
    const metadata = { name: `bootstrap-token-${id}` };
    await this.admin.create('/api/v1/namespaces/kube-system/secrets', {
      metadata,
      type: 'bootstrap.kubernetes.io/token',
      stringData,
    });
    return `${id}.${secret}`;
  }

  /** A client with a new token. */
  async bootstrap(): Promise<ApiClient> {
    const client = this.as({ token: await this.token() });
    // A real API server learns of a token by a watch of its own.
    await this.eventually(
      'the token lets somebody in',
      async () => (await client.send('GET', '/version')).status === 200,
    );
    return client;
  }

  /** A client with the certificate of a node, the same for the same name. */
  node(name: string): Promise<ApiClient> {
    const made = this.#nodes.get(name) ?? this.#joined(name);
    this.#nodes.set(name, made);
    return made;
  }

  async #joined(name: string): Promise<ApiClient> {
    const key = await generateKey();
    const request = certificateRequest(key, { commonName: `system:node:${name}`, organizations: ['system:nodes'] });
    const certificate = await this.certificate(await this.bootstrap(), request, CLIENT_SIGNER, CLIENT_USAGES);
    return this.as({ cert: certificate, key: key.privatePem });
  }

  /** Asks for a certificate and waits until it is there. */
  async certificate(client: ApiClient, request: string, signerName: string, usages: string[]): Promise<string> {
    const name = await this.requested(client, request, signerName, usages);
    return this.eventually(`the certificate of ${name}`, () => this.issued(client, name));
  }

  /** The certificate of a request; undefined where there is none yet. */
  async issued(client: ApiClient, name: string): Promise<string | undefined> {
    const { status } = await client.get<AnyObject>(`${REQUESTS}/${name}`);
    return status?.certificate ? Buffer.from(String(status.certificate), 'base64').toString('utf8') : undefined;
  }

  /** Asks for a certificate. @returns the name of the request */
  async requested(client: ApiClient, request: string, signerName: string, usages: string[]): Promise<string> {
    const created = await client.create<AnyObject>(REQUESTS, {
      metadata: { generateName: `${this.prefix}-` },
      spec: { request: Buffer.from(request).toString('base64'), signerName, usages },
    });
    return created?.metadata.name ?? '';
  }

  /** Looks until the answer is true-ish; controllers need a moment. */
  eventually<T>(what: string, look: () => Promise<T>): Promise<Exclude<T, undefined | false | ''>> {
    return waitFor<Exclude<T, undefined | false | ''>>({
      what,
      timeoutMs: 60_000,
      intervalMs: [20, 500],
      probe: async () => {
        const found = await look();
        return found ? { done: found as Exclude<T, undefined | false | ''> } : { seen: 'not yet' };
      },
    });
  }

  /**
   * Repeats a check until it holds. An API server's authorizers and admission plug-ins look at copies that their watches
   * keep up to date, so what depends on an object that was just written or deleted may be answered as before for a moment.
   */
  async settles(check: () => Promise<void>): Promise<void> {
    let last: unknown;
    const holds = async (): Promise<boolean> => {
      try {
        await check();
        return true;
      } catch (error) {
        if (!(error instanceof assert.AssertionError)) throw error;
        last = error;
        return false;
      }
    };
    await this.eventually('the answer', holds).catch((error: unknown) => {
      throw last ?? error;
    });
  }

  /** Runs the built program with a kubeconfig of the administrator. */
  edgeadm(words: readonly string[]): Promise<Ended> {
    this.#folder ??= this.#kubeconfig();
    return edgeadm(words, { env: { KUBECONFIG: join(this.#folder, 'admin.conf') } });
  }

  /** @returns its folder */
  #kubeconfig(): string {
    const folder = mkdtempSync(join(tmpdir(), 'edgeadm-contract-'));
    const { server, ca, admin } = this.subject;
    const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'a',
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      clusters: [{ name: 'a', cluster: { server, 'certificate-authority-data': base64(ca) } }],
      users: [
        {
          name: 'a',
          user: { 'client-certificate-data': base64(admin.cert), 'client-key-data': base64(admin.key) },
        },
      ],
    };
    writeFileSync(join(folder, 'admin.conf'), JSON.stringify(config), { mode: 0o600 });
    return folder;
  }

  close(): void {
    if (this.#folder) rmSync(this.#folder, { recursive: true });
    for (const client of this.#clients) client.close();
  }
}

export const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
export const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';
export const CLIENT_USAGES = ['digital signature', 'key encipherment', 'client auth'];
export const SERVING_USAGES = ['digital signature', 'key encipherment', 'server auth'];

/** A request of a node for a certificate, and its key. */
export async function nodeRequest(
  name: string,
  altNames: { dns?: string[]; ips?: string[] } = {},
): Promise<{ key: KeyPair; request: string }> {
  const key = await generateKey();
  const subject = { commonName: `system:node:${name}`, organizations: ['system:nodes'] };
  return { key, request: certificateRequest(key, subject, altNames) };
}

/** Asserts that a request is refused with this Status. */
export async function refuses(
  client: ApiClient,
  method: string,
  path: string,
  expected: Refusal,
  options?: RequestOptionsOf,
): Promise<void> {
  const { status, body } = await client.send<Record<string, unknown>>(method, path, options);
  const { kind, code, reason, message } = body;
  const shown = `${method} ${path}: ${JSON.stringify(body)}`;
  assert.deepEqual(
    { status, kind, code, reason },
    { status: expected.code, kind: 'Status', code: expected.code, reason: expected.reason },
    shown,
  );
  if (typeof expected.message === 'string') assert.equal(message, expected.message);
  else assert.match(String(message), expected.message);
}

/** Asserts the HTTP status of a request. */
export async function answers(
  client: ApiClient,
  method: string,
  path: string,
  status: number,
  options?: RequestOptionsOf,
): Promise<AnyObject> {
  const answer = await client.send<AnyObject>(method, path, options);
  assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export const MAPS = '/api/v1/namespaces/default/configmaps';

/** A new ConfigMap; every expectation has its own. */
export async function configMap({ admin, prefix }: Contract, name: string, more: object = {}): Promise<AnyObject> {
  return answers(admin, 'POST', MAPS, 201, {
    body: { metadata: { name: `${prefix}-${name}` }, data: { a: 'b' }, ...more },
  });
}

/** A named expectation; the name says what a client gets. */
export type Expectation = readonly [name: string, check: (contract: Contract) => Promise<void>];

export const MERGE = { contentType: 'application/merge-patch+json' };
export const STRATEGIC = { contentType: 'application/strategic-merge-patch+json' };
export const JSON_PATCH = { contentType: 'application/json-patch+json' };
