import { createHmac } from 'node:crypto';
import { createServer } from 'node:https';
import { type Duplex, duplexPair } from 'node:stream';
import type { V1Node } from '@kubernetes/client-node';
import { certificatesOf, publicKeyHash } from '../../src/pki/ca-hash.ts';
import { generateKey } from '../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../src/pki/self-signed.ts';

/** What the fake API server knows. */
export interface FakeClusterState {
  readonly version?: string;
  /** Of /version; a sandbox has one of its own. */
  readonly gitTreeState?: string;
  /** Secrets by token id; default the one of {@link TOKEN}. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** Data of the ConfigMaps in kube-system, by name. */
  readonly configMaps?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly nodes?: Readonly<Record<string, V1Node>>;
  /** Whatever else it has, by path. */
  readonly objects?: Readonly<Record<string, unknown>>;
  /** A CA that cluster-info has before that of the server, as in a rotation. */
  readonly otherCa?: string;
  /** How far its clock is ahead of ours. */
  readonly aheadMs?: number;
}

export interface FakeCluster {
  /** For the network of a fake host. */
  readonly connect: () => Promise<Duplex>;
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  /** `sha256:HEX`, what a join pins. */
  readonly caCertHash: string;
}

export const TOKEN = 'abcdef.0123456789abcdef';

const ADDRESS = '10.0.0.1';
const NAMESPACES = '/api/v1/namespaces';

/** An API server in memory that answers what a preflight asks, over real TLS and with a real signature. */
export async function fakeCluster(state: FakeClusterState = {}): Promise<FakeCluster> {
  const { version = 'v1.20.2', gitTreeState = 'clean', configMaps = {}, nodes = {}, aheadMs = 0 } = state;
  const tokens = state.tokens ?? Object.fromEntries([TOKEN.split('.')]);
  const key = await generateKey();
  const cert = selfSignedCertificate(key, { commonName: 'kubernetes', organizations: [] }, { ips: [ADDRESS] });
  const answers: Record<string, unknown> = { ...state.objects, '/version': { gitVersion: version, gitTreeState } };
  for (const [name, data] of Object.entries(configMaps))
    answers[`${NAMESPACES}/kube-system/configmaps/${name}`] = { data };
  for (const [name, node] of Object.entries(nodes)) answers[`/api/v1/nodes/${name}`] = node;
  const known = Object.entries(tokens).map(([id, secret]) => `Bearer ${id}.${secret}`);
  const server = createServer({ key: key.privatePem, cert }, (request, response) => {
    const path = request.url ?? '';
    const isOpen = path === `${NAMESPACES}/kube-public/configmaps/cluster-info`;
    const allowed = isOpen || known.includes(request.headers.authorization ?? '');
    const answer = isOpen ? clusterInfo((state.otherCa ?? '') + cert, tokens) : answers[path];
    response.writeHead(!allowed ? 401 : answer === undefined ? 404 : 200, {
      'Content-Type': 'application/json',
      Date: new Date(Date.now() + aheadMs).toUTCString(),
    });
    response.end(JSON.stringify(allowed && answer !== undefined ? answer : { kind: 'Status', reason: 'NotFound' }));
  });
  return {
    connect: async () => {
      const [ours, theirs] = duplexPair();
      server.emit('connection', theirs);
      return ours;
    },
    server: `https://${ADDRESS}:6443`,
    ca: cert,
    caCertHash: `sha256:${certificatesOf(cert).map(publicKeyHash)[0]}`,
  };
}

/** Signed for every token, as the bootstrapsigner controller does. */
function clusterInfo(caPem: string, tokens: Readonly<Record<string, string>>): unknown {
  const kubeconfig = JSON.stringify({
    clusters: [
      {
        cluster: {
          server: `https://${ADDRESS}:6443`,
          'certificate-authority-data': Buffer.from(caPem).toString('base64'),
        },
      },
    ],
  });
  const payload = Buffer.from(kubeconfig).toString('base64url');
  const signatures = Object.entries(tokens).map(([id, secret]) => {
    const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: id })).toString('base64url');
    const signature = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
    return [`jws-kubeconfig-${id}`, `${header}..${signature}`];
  });
  return { data: { kubeconfig, ...Object.fromEntries(signatures) } };
}
