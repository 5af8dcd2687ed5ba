import { issueCertificate } from '../../src/pki/issue-certificate.ts';
import { parseCertificateRequest } from '../../src/pki/parse-request.ts';
import { issuerOf, type SandboxPki } from '../pki.ts';
import { isKubeletClient, SIGNERS } from './csr-rules.ts';
import type { Registry } from './registry.ts';
import { type KubeObject, resourceOf } from './resources.ts';

const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
const BOOTSTRAPPERS = 'system:bootstrappers:kubeadm:default-node-token';
const YEAR_MS = 365 * 86_400_000;
/** The controller-manager dates certificates back as far, for clocks that are a little off. */
const BACKDATED_MS = 300_000;

interface RequestSpec {
  readonly request: string;
  readonly signerName: string;
  readonly usages: readonly string[];
  readonly username: string;
  readonly groups: readonly string[];
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** The controller-manager's approver and signer: takes a CertificateSigningRequest one step on. */
export function reconcileRequest(registry: Registry, pki: SandboxPki, csr: KubeObject, now: number): void {
  const conditions = (csr.status?.conditions ?? []) as Condition[];
  const has = (type: string): boolean => conditions.some((condition) => condition.type === type);
  if (csr.status?.certificate !== undefined || has('Denied') || has('Failed')) return;
  const spec = csr.spec as unknown as RequestSpec;
  const next = has('Approved') ? signed(pki, spec, now) : approval(spec);
  if (!next) return;
  const date = { lastUpdateTime: registry.timestamp(), lastTransitionTime: registry.timestamp() };
  const status =
    'type' in next ? { ...csr.status, conditions: [...conditions, { ...next, ...date }] } : { ...csr.status, ...next };
  registry.replace(resourceOf('certificatesigningrequests'), { ...csr, status }, csr);
}

/** kubeadm binds the roles for new and for renewed kubelet certificates; all others wait for an administrator. */
function approval(spec: RequestSpec): Condition | undefined {
  const request = parse(spec);
  if (spec.signerName !== KUBELET_CLIENT || !request || isKubeletClient(request, spec.usages)) return undefined;
  const renewed = spec.groups.includes('system:nodes') && spec.username === request.subject.commonName;
  if (!renewed && !spec.groups.includes(BOOTSTRAPPERS)) return undefined;
  const message = `Auto approving ${renewed ? 'self ' : ''}kubelet client certificate after SubjectAccessReview.`;
  return { type: 'Approved', status: 'True', reason: 'AutoApproved', message };
}

function signed(pki: SandboxPki, spec: RequestSpec, now: number): { certificate: string } | Condition | undefined {
  const request = parse(spec);
  const rule = SIGNERS[spec.signerName];
  if (!request || !rule) return undefined;
  const why = rule(request, spec.usages);
  if (why) return { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: why };
  const notBefore = now - BACKDATED_MS;
  const pem = issueCertificate(issuerOf(pki), {
    ...request,
    usages: spec.usages,
    notBefore: new Date(notBefore),
    notAfter: new Date(notBefore + YEAR_MS),
  });
  return { certificate: Buffer.from(pem).toString('base64') };
}

function parse({ request }: RequestSpec): ReturnType<typeof parseCertificateRequest> {
  return parseCertificateRequest(Buffer.from(request, 'base64').toString('utf8'));
}
