import type { V1CertificateSigningRequest } from '@kubernetes/client-node';
import { nodeNameOf } from '../../../kubernetes/node/node.ts';
import { orNormal, type UpgradeCheck, type UpgradeFinding } from '../check.ts';
import { groupBy, objects } from '../objects.ts';

const CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
const SERVING = 'kubernetes.io/kubelet-serving';
const USER = 'system:node:';
const SERVING_EFFECT =
  'kubectl logs, kubectl exec and metrics fail for these nodes once the current serving certificate expires.';

export const nodeCertificates: UpgradeCheck = {
  name: 'NodeCertificates',
  about:
    'No certificate request of these nodes is pending or was refused; a warning if one is. Expiry dates cannot be checked: only the nodes know them, because the cluster deletes issued requests after an hour.',
  effect: "When the kubelet's current certificate expires, the node goes offline, and a restart may not bring it back.",
  advice: 'kubectl get csr, then kubectl certificate approve NAME; find out why they are not approved automatically.',
  run: async ({ facts, nodes }) => {
    const names = new Set(nodes.map(nodeNameOf));
    const stuck = (await facts.certificateRequests()).flatMap((request) => {
      const node = nodeOf(request);
      const problem = problemOf(request);
      return node !== undefined && names.has(node) && problem
        ? [{ node, problem, serving: request.spec.signerName === SERVING }]
        : [];
    });
    const findings = [...groupBy(stuck, ({ problem }) => problem)].map(
      ([problem, group]): UpgradeFinding => ({
        result: 'warning',
        object: objects('node', [...new Set(group.map(({ node }) => node))]),
        reason: problem,
        ...(group.every(({ serving }) => serving) && { effect: SERVING_EFFECT }),
      }),
    );
    return orNormal(findings, 'No certificate requests are pending. Expiry dates cannot be read from here.');
  },
};

function nodeOf({ spec }: V1CertificateSigningRequest): string | undefined {
  const isOfKubelet = [CLIENT, SERVING].includes(spec.signerName) && spec.username?.startsWith(USER);
  return isOfKubelet ? spec.username?.slice(USER.length) : undefined;
}

function problemOf({ spec, status }: V1CertificateSigningRequest): string | undefined {
  const which = spec.signerName === CLIENT ? 'client certificate' : 'serving certificate';
  const conditions = status?.conditions ?? [];
  const ended = conditions.find(({ type }) => type === 'Denied' || type === 'Failed');
  if (ended) return `A new ${which} was refused: ${ended.message || ended.reason || ended.type}.`;
  return conditions.length === 0 ? `A new ${which} was requested but is not approved yet.` : undefined;
}
