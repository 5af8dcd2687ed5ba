import { isIP } from 'node:net';
import type { V1Service } from '@kubernetes/client-node';
import type { Machine } from '../../host/machine.ts';
import { peerCertificate } from '../../http/peer-certificate.ts';
import { type TunnelCheck, type TunnelParts, tunnelAddress } from './check.ts';

/** How long connection and handshake may take. Milliseconds. */
const LIMIT_MS = 5_000;
/** Ports of the Service that forward to kubelets; agents connect to another one. */
const KUBELET_PORTS = [10250, 10255];

/**
 * Whether the certificate of the server names the address that agents connect to. What this machine cannot reach is
 * not known, and no failure: agents come from elsewhere.
 */
export async function checkServerCertificate(
  parts: TunnelParts,
  machine: Pick<Machine, 'connect'>,
  signal: AbortSignal,
): Promise<TunnelCheck> {
  const check = 'server certificate';
  const host = tunnelAddress(parts);
  const port = agentPort(parts.service);
  const unknown = (why: string): TunnelCheck => ({ check, ok: true, found: `not known: ${why}`, next: '' });
  if (host === undefined || port === undefined) return unknown('the Service has no address or port');
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  try {
    const socket = await machine.connect({ host, port }, { signal: limit, timeoutMs: LIMIT_MS });
    const { certificate } = await peerCertificate(socket, { host }, limit);
    if (!certificate) return unknown(`${host}:${port} shows no certificate`);
    const names = isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host);
    const ends = certificate.validToDate;
    const until = ends.toISOString().slice(0, 10);
    if (names && ends.getTime() > Date.now())
      return { check, ok: true, found: `names ${host}, until ${until}`, next: '' };
    const found = names
      ? `ended on ${until}`
      : `does not name ${host}: ${certificate.subjectAltName ?? 'it names nothing'}`;
    return {
      check,
      ok: false,
      found,
      next: 'restart the server: it requests a certificate for the address of its Service',
    };
  } catch (error) {
    signal.throwIfAborted();
    return unknown(`this machine gets no answer from ${host}:${port} (${(error as Error).message})`);
  }
}

function agentPort(service: V1Service | undefined): number | undefined {
  const ports = (service?.spec?.ports ?? []).filter(({ port }) => !KUBELET_PORTS.includes(port));
  return (ports.find(({ name }) => name === 'tcp') ?? ports[0])?.port;
}
