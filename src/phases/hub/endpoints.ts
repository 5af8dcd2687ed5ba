import { EdgeadmError } from '../../errors/index.ts';
import type { Machine } from '../../host/machine.ts';
import { PATHS } from '../../host/node-paths.ts';
import { peerCertificate } from '../../http/peer-certificate.ts';
import { probe } from '../../http/probe.ts';

/** Where pods on edge nodes reach the API server, through the hub of their node. */
export const POD_ENDPOINT = { host: '169.254.2.1', port: 10268 };

/** What an endpoint of the hub is for, and whether it works. */
export interface EndpointCheck {
  /** `169.254.2.1:10268` */
  readonly endpoint: string;
  readonly purpose: string;
  readonly ok: boolean;
  readonly found: string;
}

/** How long a handshake on the node itself may take. Milliseconds. */
const HANDSHAKE_MS = 5_000;

/** Tries every endpoint of the hub, from the node. */
export async function checkEndpoints(
  machine: Pick<Machine, 'connect' | 'readFile'>,
  signal: AbortSignal,
): Promise<EndpointCheck[]> {
  const ca = (await machine.readFile(PATHS.kubernetes.caCertificate))?.toString('utf8');
  const plain = async (port: number, path: string, purpose: string): Promise<EndpointCheck> => {
    const endpoint = `127.0.0.1:${port}`;
    try {
      const { status, text } = await probe(
        (...to) => machine.connect(...to),
        { host: '127.0.0.1', port, path },
        signal,
      );
      return {
        endpoint,
        purpose,
        ok: status === 200,
        found: status === 200 ? 'answers' : `HTTP ${status} ${text}`.trim(),
      };
    } catch (error) {
      signal.throwIfAborted();
      return { endpoint, purpose, ok: false, found: (error as Error).message };
    }
  };
  return [
    await plain(10267, '/v1/healthz', 'health, metrics'),
    await plain(10261, '/version', 'kubelet and other programs of the node'),
    await checkPodEndpoint(machine, ca, signal),
  ];
}

/** The endpoint for pods. */
export interface PodEndpointCheck extends EndpointCheck {
  /** True if a server answers there, whatever its certificate. */
  readonly answers: boolean;
}

/** True if the node has the address that pods use; without it, a connection would leave the node. */
export async function hasPodAddress(machine: Pick<Machine, 'network'>): Promise<boolean> {
  const { interfaces } = await machine.network();
  return interfaces.some(({ addresses }) => addresses.some((each) => each.split('/')[0] === POD_ENDPOINT.host));
}

/** Tries the endpoint for pods alone. @param ca PEM of the cluster's CA */
export async function checkPodEndpoint(
  machine: Pick<Machine, 'connect'>,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<PodEndpointCheck> {
  const { host, port } = POD_ENDPOINT;
  const result = { endpoint: `${host}:${port}`, purpose: 'pods, in place of the Service kubernetes' };
  try {
    const why = await handshake(machine, ca, signal);
    return { ...result, answers: true, ok: why === undefined, found: why ?? `its certificate is valid for ${host}` };
  } catch (error) {
    signal.throwIfAborted();
    return { ...result, answers: false, ok: false, found: (error as Error).message };
  }
}

/** @returns why a pod would not accept the certificate */
async function handshake(
  machine: Pick<Machine, 'connect'>,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(HANDSHAKE_MS)]);
  const socket = await machine.connect(POD_ENDPOINT, { signal: limit });
  const { certificate, refused } = await peerCertificate(socket, { host: POD_ENDPOINT.host, ca }, limit);
  if (!certificate?.checkIP(POD_ENDPOINT.host))
    return `its certificate is not valid for ${POD_ENDPOINT.host}: ${certificate?.subjectAltName ?? 'it names no address'}`;
  return refused === undefined ? undefined : `its certificate is not signed by the CA of the cluster: ${refused}`;
}

/** @throws EdgeadmError HUB_CHECK_FAILED with each endpoint that does not work */
export function refuseBrokenEndpoints(checks: readonly EndpointCheck[]): void {
  const broken = checks.filter(({ ok }) => !ok);
  if (broken.length === 0) return;
  const hubRuns = checks.some(({ endpoint, ok }) => ok && endpoint.endsWith(':10267'));
  throw new EdgeadmError({
    code: 'HUB_CHECK_FAILED',
    what: `${broken.length} of ${checks.length} endpoints of the edge-hub do not work on this node`,
    // The endpoint stands in front already.
    why: broken
      .map(({ endpoint, found }) => `${endpoint}: ${found.replace(`cannot connect to ${endpoint}: `, '')}`)
      .join('\n'),
    next: hubRuns
      ? 'if the serving certificate of the hub is pending (`kubectl get csr`), approve it: kubectl certificate approve NAME'
      : 'edgeadm diagnose',
  });
}
