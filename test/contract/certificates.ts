import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { missingUsages, shownBytes } from '../../sandbox/api-server/wordings.ts';
import { certificateRequest, generateKey } from '../../src/pki/certificate-request.ts';
import {
  type AnyObject,
  answers,
  CLIENT_SIGNER,
  CLIENT_USAGES,
  type Contract,
  type Expectation,
  nodeRequest,
  REQUESTS,
  refuses,
  SERVING_USAGES,
} from './subject.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

const conditionsOf = ({ status }: AnyObject): Condition[] => (status?.conditions ?? []) as Condition[];
const body = (request: string, signerName: string | undefined, usages: string[] | undefined, name: string) => ({
  metadata: { name },
  spec: { request: Buffer.from(request).toString('base64'), signerName, usages },
});

/** Approves as `kubectl certificate approve` does. */
async function approve({ admin }: Contract, name: string, type = 'Approved'): Promise<void> {
  const csr = await admin.get<AnyObject>(`${REQUESTS}/${name}`);
  const condition = { type, status: 'True', reason: 'KubectlApprove', message: 'by hand' };
  const changed = { ...csr, status: { ...csr.status, conditions: [...conditionsOf(csr), condition] } };
  await admin.request('PUT', `${REQUESTS}/${name}/approval`, { body: changed });
}

/** The controllers have looked at all requests so far: one that came later has its certificate. */
async function laterOneIsIssued(contract: Contract): Promise<void> {
  const { request } = await nodeRequest(`${contract.prefix}-later`);
  await contract.certificate(await contract.bootstrap(), request, CLIENT_SIGNER, CLIENT_USAGES);
}

async function stillPending(contract: Contract, name: string): Promise<void> {
  await laterOneIsIssued(contract);
  assert.deepEqual((await contract.admin.get<AnyObject>(`${REQUESTS}/${name}`)).status, {});
}

const kubelet: Expectation[] = [
  [
    "a bootstrap token gets a kubelet's client certificate at once, and who asked is written down",
    async (contract) => {
      const client = await contract.bootstrap();
      const { request } = await nodeRequest(`${contract.prefix}-c1`);
      const name = await contract.requested(client, request, CLIENT_SIGNER, CLIENT_USAGES);
      const csr = await contract.eventually('the certificate', async () => {
        const found = await client.get<AnyObject>(`${REQUESTS}/${name}`);
        return found.status?.certificate ? found : undefined;
      });
      assert.match(String(csr.spec?.username), /^system:bootstrap:/);
      assert.deepEqual(csr.spec?.groups, [
        'system:bootstrappers',
        'system:bootstrappers:kubeadm:default-node-token',
        'system:authenticated',
      ]);
      const [{ type, status, reason, message } = {} as Condition] = conditionsOf(csr);
      assert.deepEqual([type, status, reason], ['Approved', 'True', 'AutoApproved']);
      assert.equal(message, 'Auto approving kubelet client certificate after SubjectAccessReview.');
    },
  ],
  [
    'the certificate has the asked name, key and usage, is signed by the CA and good for a year from five minutes ago on',
    async (contract) => {
      const { key, request } = await nodeRequest(`${contract.prefix}-c2`);
      const pem = await contract.certificate(await contract.bootstrap(), request, CLIENT_SIGNER, CLIENT_USAGES);
      const certificate = new X509Certificate(pem);
      assert.equal(certificate.subject, `O=system:nodes\nCN=system:node:${contract.prefix}-c2`);
      assert.ok(certificate.verify(new X509Certificate(contract.subject.ca).publicKey));
      assert.ok(certificate.checkPrivateKey(key.privateKey));
      assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2']);
      assert.equal(certificate.ca, false);
      const [from, to] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
      assert.equal(to - from, 365 * 86_400_000);
      assert.ok(Math.abs(Date.now() - 300_000 - from) < 30_000);
    },
  ],
  [
    'a node renews its own certificate, and nobody approves that of another for it',
    async (contract) => {
      const name = `${contract.prefix}-c3`;
      const node = await contract.node(name);
      const own = await nodeRequest(name);
      await contract.certificate(node, own.request, CLIENT_SIGNER, CLIENT_USAGES);
      const other = await nodeRequest(`${name}-other`);
      const asked = contract.requested(node, other.request, CLIENT_SIGNER, CLIENT_USAGES);
      // Admission refuses it since 1.31.
      if (contract.minor < 31) return stillPending(contract, await asked);
      await assert.rejects(asked, new RegExp(`can only create a node CSR with CN=system:node:${name}`));
    },
  ],
  [
    'a request that is no kubelet client waits for an administrator',
    async (contract) => {
      const client = await contract.bootstrap();
      const key = await generateKey();
      const wrong = certificateRequest(key, { commonName: 'somebody', organizations: ['system:nodes'] });
      const names = [await contract.requested(client, wrong, CLIENT_SIGNER, CLIENT_USAGES)];
      const { request } = await nodeRequest(`${contract.prefix}-c4`);
      names.push(await contract.requested(client, request, CLIENT_SIGNER, SERVING_USAGES));
      const named = await nodeRequest(`${contract.prefix}-c4`, { dns: ['edge'] });
      names.push(await contract.requested(client, named.request, CLIENT_SIGNER, CLIENT_USAGES));
      await Promise.all(names.map((name) => stillPending(contract, name)));
    },
  ],
];

const byHand: Expectation[] = [
  [
    'a serving certificate is issued when an administrator approves it, with the names asked for',
    async (contract) => {
      const name = `${contract.prefix}-s1`;
      const node = await contract.node(name);
      const { request } = await nodeRequest(name, { dns: [name], ips: ['10.0.0.1'] });
      const csr = await contract.requested(node, request, 'kubernetes.io/kubelet-serving', SERVING_USAGES);
      await stillPending(contract, csr);
      await approve(contract, csr);
      const pem = await contract.eventually('the certificate', () => contract.issued(contract.admin, csr));
      const certificate = new X509Certificate(pem);
      assert.equal(certificate.subjectAltName, `DNS:${name}, IP Address:10.0.0.1`);
      assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    },
  ],
  [
    'an approved request that its signer does not sign fails, with the reason',
    async (contract) => {
      const { request } = await nodeRequest(`${contract.prefix}-s2`);
      const client = await contract.bootstrap();
      const csr = await contract.requested(client, request, 'kubernetes.io/kubelet-serving', SERVING_USAGES);
      await approve(contract, csr);
      const failed = await contract.eventually('the failure', async () =>
        conditionsOf(await client.get<AnyObject>(`${REQUESTS}/${csr}`)).find(({ type }) => type === 'Failed'),
      );
      assert.deepEqual(
        [failed.reason, failed.message],
        ['SignerValidationFailure', 'DNS or IP subjectAltName is required'],
      );
    },
  ],
  [
    'a denied request gets no certificate',
    async (contract) => {
      const { request } = await nodeRequest(`${contract.prefix}-s3`);
      const signer = 'kubernetes.io/kube-apiserver-client';
      const csr = await contract.requested(await contract.bootstrap(), request, signer, CLIENT_USAGES);
      await approve(contract, csr, 'Denied');
      await laterOneIsIssued(contract);
      const found = await contract.admin.get<AnyObject>(`${REQUESTS}/${csr}`);
      assert.deepEqual(
        [conditionsOf(found).map(({ type }) => type), found.status?.certificate],
        [['Denied'], undefined],
      );
    },
  ],
  [
    'an ordinary client certificate waits for an administrator; its groups are those of the subject',
    async (contract) => {
      const key = await generateKey();
      const subject = { commonName: `${contract.prefix}-user`, organizations: ['openyurt:yurthub', 'system:nodes'] };
      const request = certificateRequest(key, subject);
      const signer = 'kubernetes.io/kube-apiserver-client';
      const csr = await contract.requested(await contract.bootstrap(), request, signer, CLIENT_USAGES);
      await stillPending(contract, csr);
      await approve(contract, csr);
      const cert = await contract.eventually('the certificate', () => contract.issued(contract.admin, csr));
      await answers(
        contract.as({ cert, key: key.privatePem }),
        'GET',
        '/api/v1/namespaces/kube-system/configmaps/kubeadm-config',
        200,
      );
    },
  ],
];

const about = (name: string): string => `CertificateSigningRequest.certificates.k8s.io "${name}" is invalid: `;

const refused: Expectation[] = [
  [
    'a request that is none, without usages or for a signer without a domain is invalid, all of it said at once',
    async ({ admin, minor }) => {
      await refuses(
        admin,
        'POST',
        REQUESTS,
        {
          code: 422,
          reason: 'Invalid',
          message: `${about('x')}[spec.request: Invalid value: ${shownBytes(Buffer.from('abc'), minor)}: PEM block type must be CERTIFICATE REQUEST, spec.usages: ${missingUsages(minor)}, spec.signerName: Invalid value: "foo": must be a fully qualified domain and path of the form 'example.com/signer-name']`,
        },
        { body: body('abc', 'foo', [], 'x') },
      );
    },
  ],
  [
    'nobody asks for the administrators’ group',
    async (contract) => {
      const evil = certificateRequest(await generateKey(), { commonName: 'me', organizations: ['system:masters'] });
      await refuses(
        await contract.bootstrap(),
        'POST',
        REQUESTS,
        {
          code: 403,
          reason: 'Forbidden',
          message:
            'certificatesigningrequests.certificates.k8s.io "x" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
        },
        { body: body(evil, 'kubernetes.io/kube-apiserver-client', CLIENT_USAGES, 'x') },
      );
    },
  ],
  [
    'the signer of old hubs is served by v1beta1 alone, which also finds the signer of a kubelet by itself',
    async (contract) => {
      const { request } = await nodeRequest(`${contract.prefix}-b1`);
      const legacy = 'kubernetes.io/legacy-unknown';
      await refuses(
        contract.admin,
        'POST',
        REQUESTS,
        {
          code: 422,
          reason: 'Invalid',
          message: `${about('x')}spec.signerName: Invalid value: "${legacy}": the legacy signerName is not allowed via this API version`,
        },
        { body: body(request, legacy, CLIENT_USAGES, 'x') },
      );
      const beta = REQUESTS.replace('/v1/', '/v1beta1/');
      const client = await contract.bootstrap();
      // v1beta1 is gone since 1.22.
      if (contract.minor >= 22) {
        await answers(client, 'POST', beta, 404, { body: {} });
        return;
      }
      const created = await answers(client, 'POST', beta, 201, {
        body: body(request, undefined, undefined, `${contract.prefix}-b1`),
      });
      assert.deepEqual(
        [created.apiVersion, created.spec?.signerName, created.spec?.usages],
        ['certificates.k8s.io/v1beta1', legacy, ['digital signature', 'key encipherment']],
      );
      const found = await answers(client, 'POST', beta, 201, {
        body: body(request, undefined, CLIENT_USAGES, `${contract.prefix}-b2`),
      });
      assert.equal(found.spec?.signerName, CLIENT_SIGNER);
    },
  ],
];

export const certificates: readonly Expectation[] = [...kubelet, ...byHand, ...refused];
