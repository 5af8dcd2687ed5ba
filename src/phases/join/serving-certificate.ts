import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { registerSecret } from '../../lib/redact.ts';
import { generateKey } from '../../pki/certificate-request.ts';
import { selfSignedCertificate } from '../../pki/self-signed.ts';

/**
 * Writes the self-signed serving certificate that the kubelet would make at its first start. A kubelet makes two RSA keys
 * for it, which take half a second here (a third of a join) and many seconds on a small processor; a key on P-256
 * takes a millisecond. Kubelets since 1.8 use the pair that they find (`InitializeTLS` in `cmd/kubelet/app/server.go`), and
 * do not start with half of one.
 *
 * Nothing is written where the kubelet has or requests another certificate, or serves only clients of RSA.
 * @param configuration the KubeletConfiguration of this node
 */
export async function writeServingCertificate(
  host: Host,
  nodeName: string,
  configuration: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { servingCertificate, servingKey, pki } = PATHS.kubelet;
  const { serverTLSBootstrap, tlsCertFile, tlsPrivateKeyFile, tlsCipherSuites } = configuration;
  if (serverTLSBootstrap || tlsCertFile || tlsPrivateKeyFile || !allowsEcdsa(tlsCipherSuites)) return;
  const there = await Promise.all([host.stat(servingCertificate), host.stat(servingKey)]);
  if (!there.includes(undefined)) return;
  const key = await generateKey();
  registerSecret(key.privatePem);
  const commonName = `${nodeName}@${Math.floor(Date.now() / 1000)}`;
  const certificate = selfSignedCertificate(key, { commonName, organizations: [] }, { dns: [nodeName.toLowerCase()] });
  await host.makeDirectory(pki, 0o700);
  await host.write(servingKey, key.privatePem, { mode: 0o600 });
  await host.write(servingCertificate, certificate, { mode: 0o644 });
}

/** No list allows all; cipher suites have IANA's names, and those of TLS 1.3 name no kind of key. */
function allowsEcdsa(suites: unknown): boolean {
  if (!Array.isArray(suites) || suites.length === 0) return true;
  return suites.some((suite) => typeof suite === 'string' && suite.includes('_ECDSA_'));
}
