import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect as startTls, type TLSSocket } from 'node:tls';

/** The certificate that a server shows, and what a client that has this CA thinks of it. */
export interface PeerCertificate {
  readonly certificate: X509Certificate | undefined;
  /** Undefined if the CA has signed it, and it is valid now. */
  readonly refused: string | undefined;
}

/**
 * Makes a TLS handshake to look at the certificate of the server; nothing is sent, and no certificate of ours is shown.
 * @param socket connected; closed afterwards
 * @param ca PEM of the CAs that are trusted
 */
export async function peerCertificate(
  socket: Duplex,
  { host, ca }: { readonly host: string; readonly ca?: string },
  signal: AbortSignal,
): Promise<PeerCertificate> {
  const secure = startTls({ socket, host, ca, rejectUnauthorized: false });
  try {
    await established(secure, signal);
    const refused = secure.authorized ? undefined : String(secure.authorizationError);
    return { certificate: secure.getPeerX509Certificate(), refused };
  } finally {
    secure.destroy();
  }
}

function established(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed during the handshake')));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
