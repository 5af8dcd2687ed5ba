import { createHash } from 'node:crypto';
import { type EdgeHubCertificate, edgeHubCertificates } from '../../edge-hub/edge-hub.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { readIfFile } from '../../host/read-if-file.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { notApproved, requestCertificate, requestNameOf } from '../../kubernetes/csr/certificate-signing.ts';
import { allSettled } from '../../lib/all-settled.ts';
import { certificateIn } from '../../lib/check-shape.ts';
import { memoize } from '../../lib/memoize.ts';
import { registerSecret } from '../../lib/redact.ts';
import { certificatesOf } from '../../pki/ca-hash.ts';
import { certificateRequest, generateKey, type KeyPair, keyPairOf } from '../../pki/certificate-request.ts';
import { keyPairIn } from '../../pki/key-pair.ts';
import { selfSignedCertificate } from '../../pki/self-signed.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import type { NodeView } from '../preflight/context.ts';
import type { ClusterView, Credential, NodeCertificates } from './context.ts';

const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';
/** The controller-manager approves bootstrap requests within a second; a loaded one needs longer. */
const CLIENT_TIMEOUT_MS = 60_000;
/** Plain clusters do not approve serving certificates: a short wait is enough for those that do. */
const SERVING_TIMEOUT_MS = 3_000;

/** A certificate is taken as it is while it has a day to live; kubelet and hub renew theirs long before. */
const LEFT_TO_LIVE_MS = 86_400_000;

interface Parts {
  readonly host: Host;
  readonly cluster: Pick<ClusterView, 'trusted' | 'version' | 'nodeClient' | 'bootstrapClient'>;
  readonly node: Pick<NodeView, 'name' | 'edgeHub' | 'address'>;
  readonly log: PhaseLog;
  readonly signal: AbortSignal;
}

/** Reads or requests the certificates of a node, each once. */
export function credentials(parts: Parts): NodeCertificates {
  const { cluster } = parts;
  const kubelet = memoize(async () => {
    const subject = { commonName: `system:node:${await parts.node.name()}`, organizations: ['system:nodes'] };
    return (
      (await present(parts, PATHS.kubelet.clientCertificate, subject.commonName)) ??
      requestClient(parts, subject, CLIENT_SIGNER)
    );
  });
  const client = memoize(async () => {
    const credential = await kubelet();
    return credential && cluster.nodeClient(credential);
  });
  return { kubelet, client, edgeHub: memoize(() => edgeHubCredentials(parts, client)) };
}

async function edgeHubCredentials(parts: Parts, asNode: () => Promise<ApiClient | undefined>) {
  const hub = await parts.node.edgeHub();
  if (!hub) return undefined;
  const wanted = edgeHubCertificates({
    ...hub,
    kubernetesVersion: await parts.cluster.version(),
    nodeName: await parts.node.name(),
  });
  if (hub.mode === 'kubeletcertificate') return { serving: await servingCredential(parts, wanted.serving, asNode) };
  const [client, serving] = await allSettled(
    [
      (await present(parts, wanted.client.path, wanted.client.cn)) ??
        requestClient(parts, subjectOf(wanted.client), wanted.client.signer),
      wanted.serving.needed ? servingCredential(parts, wanted.serving, asNode) : undefined,
    ],
    parts.signal,
  );
  return { client, serving };
}

interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

function subjectOf({ cn, organizations }: EdgeHubCertificate): Subject {
  return { commonName: cn, organizations };
}

/**
 * A certificate on the node that this cluster's CA (or, if that will do, itself) issued to this name and that will
 * live on for a while.
 */
async function present(
  { host, cluster }: Parts,
  path: string,
  commonName: string,
  selfSigned = false,
): Promise<Credential | undefined> {
  const pair = keyPairIn(await readIfFile(host, path));
  if (!pair) return undefined;
  const { certificate, key } = pair;
  const { caPem } = await cluster.trusted();
  const issuers = [...certificatesOf(caPem), ...(selfSigned ? [certificate] : [])];
  const ours = issuers.some((ca) => certificate.verify(ca.publicKey));
  const named = certificate.subject.split('\n').includes(`CN=${commonName}`);
  const lives = certificate.validToDate.getTime() > Date.now() + LEFT_TO_LIVE_MS;
  if (!ours || !named || !lives) return undefined;
  return { cert: certificate.toString(), key, onNode: true };
}

async function requestClient(
  { cluster, host, signal }: Parts,
  subject: Subject,
  signer: string,
): Promise<Credential | undefined> {
  const pendingKey = pendingKeyPath(signer, subject);
  const [key, client, clusterVersion] = await Promise.all([
    keptKey(host, pendingKey),
    cluster.bootstrapClient(),
    cluster.version(),
  ]);
  registerSecret(key.privatePem);
  const result = await requestCertificate(client, {
    name: requestNameOf(key.publicKey),
    request: certificateRequest(key, subject),
    signer,
    usage: 'client',
    clusterVersion,
    timeoutMs: CLIENT_TIMEOUT_MS,
    signal,
  });
  if (!result) return undefined;
  if (!result.certificate) {
    await keepKey(host, pendingKey, key);
    throw notApproved(result, signer, CLIENT_TIMEOUT_MS);
  }
  await forgetKey(host, pendingKey);
  return { cert: issuedIn(result.certificate, result.name), key: key.privatePem, onNode: false };
}

/** Where the key of a request lies while it waits for approval. */
function pendingKeyPath(signer: string, subject: Subject): string {
  const text = `${signer} ${subject.commonName} ${subject.organizations.join()}`;
  return `${PATHS.kubelet.pki}/edgeadm-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.key`;
}

async function forgetKey(host: Host, path: string): Promise<void> {
  if (await host.stat(path)) await host.remove(path);
}

async function keepKey(host: Host, path: string, key: KeyPair): Promise<void> {
  await host.makeDirectory(PATHS.kubelet.pki, 0o700);
  await host.write(path, key.privatePem, { mode: 0o600 });
}

/** The key of a request that an earlier run left pending, else a new one. One that cannot be read is replaced. */
async function keptKey(host: Host, path: string): Promise<KeyPair> {
  const pem = await readIfFile(host, path);
  return (pem && keyPairOf(pem)) || generateKey();
}

/** The cluster's signer may be any program. @throws EdgeadmError API_ERROR */
function issuedIn(pem: string, csr: string): string {
  const what = `the certificate in the CertificateSigningRequest ${csr}`;
  certificateIn(pem, { what, code: 'API_ERROR', next: `kubectl get csr ${csr} -o yaml` });
  return `${pem.trimEnd()}\n`;
}

/**
 * The hub opens its ports only when it has a serving certificate; a self-signed one will do until one is issued, and a
 * later run continues with the request.
 */
async function servingCredential(
  parts: Parts,
  wanted: EdgeHubCertificate,
  asNode: () => Promise<ApiClient | undefined>,
): Promise<Credential | undefined> {
  const { host, cluster, node, log, signal } = parts;
  const pendingKey = pendingKeyPath(wanted.signer, subjectOf(wanted));
  const there = await present(parts, wanted.path, wanted.cn, true);
  if (there && !(await host.stat(pendingKey))) return there;
  const [key, client, clusterVersion] = await Promise.all([keptKey(host, pendingKey), asNode(), cluster.version()]);
  if (!client) return undefined;
  registerSecret(key.privatePem);
  const altNames = { ips: [...wanted.ipAddresses, (await node.address()).ip] };
  const result = await requestCertificate(client, {
    name: requestNameOf(key.publicKey),
    request: certificateRequest(key, subjectOf(wanted), altNames),
    signer: wanted.signer,
    usage: 'server',
    clusterVersion,
    timeoutMs: SERVING_TIMEOUT_MS,
    signal,
  });
  if (result?.certificate) {
    await forgetKey(host, pendingKey);
    return { cert: issuedIn(result.certificate, result.name), key: key.privatePem, onNode: false };
  }
  if (result) {
    await keepKey(host, pendingKey, key);
    log.warning(
      `The edge-hub's serving certificate is not approved yet; clients do not trust port 10268 until it is: kubectl certificate approve ${result.name}, then run the same command again`,
    );
  }
  return there ?? { cert: selfSignedCertificate(key, subjectOf(wanted), altNames), key: key.privatePem, onNode: false };
}
