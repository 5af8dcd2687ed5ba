import type { ParsedRequest } from '../../src/pki/parse-request.ts';

export const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';

const CLIENT = ['client auth', 'digital signature', 'key encipherment'];
const SERVING = ['digital signature', 'key encipherment', 'server auth'];

/** Why a signer would not sign a request; undefined if it would. */
export type SignerRule = (request: ParsedRequest, usages: readonly string[]) => string | undefined;

/** What a kubelet shows to the API server. */
export const isKubeletClient: SignerRule = (request, usages) => {
  const { dns, ips } = request.altNames;
  if (dns.length + ips.length > 0) return 'subjectAltNames are not allowed';
  return notOfNode(request) ?? notUsages(usages, CLIENT);
};

const isKubeletServing: SignerRule = (request, usages) => {
  const { dns, ips } = request.altNames;
  if (dns.length + ips.length === 0) return 'DNS or IP subjectAltName is required';
  return notOfNode(request) ?? notUsages(usages, SERVING);
};

const isClient: SignerRule = (_request, usages) => {
  const others = usages.filter((usage) => !CLIENT.includes(usage));
  return others.length === 0 && usages.includes('client auth') ? undefined : 'usages do not match those of a client';
};

/**
 * The signers of the controller-manager.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
 */
export const SIGNERS: Readonly<Record<string, SignerRule>> = {
  'kubernetes.io/kube-apiserver-client-kubelet': isKubeletClient,
  'kubernetes.io/kubelet-serving': isKubeletServing,
  'kubernetes.io/kube-apiserver-client': isClient,
  [LEGACY_SIGNER]: () => undefined,
};

function notOfNode({ subject }: ParsedRequest): string | undefined {
  if (subject.organizations.join() !== 'system:nodes') return 'subject organization is not system:nodes';
  return subject.commonName.startsWith('system:node:')
    ? undefined
    : 'subject common name does not begin with system:node: ';
}

function notUsages(usages: readonly string[], wanted: readonly string[]): string | undefined {
  return [...usages].sort().join() === wanted.join() ? undefined : `usages are not ${wanted.join(', ')}`;
}
