import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import type { EdgeadmError } from '../../../src/errors/index.ts';
import { caHashes, certificatesOf, pinCa, publicKeyHash } from '../../../src/pki/ca-hash.ts';
import { certificateRequest, generateKey } from '../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../src/pki/self-signed.ts';

const SUBJECT = { commonName: 'system:node:edge-1', organizations: ['system:nodes'] };

describe('certificates', () => {
  it('a self-signed one carries its subject and names and verifies with its own key', async () => {
    const key = await generateKey();
    const certificate = new X509Certificate(
      selfSignedCertificate(key, SUBJECT, { ips: ['127.0.0.1', '::1'], dns: ['hub'] }),
    );
    assert.ok(certificate.verify(key.publicKey));
    assert.deepEqual(certificate.subject.split('\n'), ['O=system:nodes', 'CN=system:node:edge-1']);
    assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(certificate.checkHost('hub'), 'hub');
    assert.ok(certificate.validFromDate < new Date() && certificate.validToDate > new Date());
  });

  it('a request is well-formed PKCS #10 with the subject asked for', async () => {
    const pem = certificateRequest(
      await generateKey(),
      { commonName: 'system:node:节点', organizations: ['system:nodes'] },
      { dns: ['a.b'] },
    );
    const der = forge.pem.decode(pem)[0]?.body ?? '';
    const [info] = forge.asn1.fromDer(der).value as forge.asn1.Asn1[];
    const text = JSON.stringify(info);
    assert.ok(text.includes('system:nodes'));
    assert.ok(text.includes('a.b'));
  });

  it('keys are EC P-256 and differ each time', async () => {
    const [one, two] = await Promise.all([generateKey(), generateKey()]);
    assert.match(one.privatePem, /BEGIN EC PRIVATE KEY/);
    assert.notEqual(one.privatePem, two.privatePem);
  });
});

describe('the pin of a CA', () => {
  async function ca(): Promise<string> {
    return selfSignedCertificate(await generateKey(), { commonName: 'kubernetes', organizations: [] }, {});
  }
  const hashOf = (pem: string): string => publicKeyHash(certificatesOf(pem)[0] as X509Certificate);

  it('accepts the CA whose hash is given, in any case', async () => {
    const pem = await ca();
    assert.equal(pinCa(pem, [`sha256:${hashOf(pem).toUpperCase()}`]).hash, hashOf(pem));
  });

  it('refuses another CA and shows both hashes', async () => {
    const [ours, theirs] = await Promise.all([ca(), ca()]);
    assert.throws(
      () => pinCa(theirs, [`sha256:${hashOf(ours)}`]),
      (error: EdgeadmError) => {
        assert.equal(error.code, 'CA_HASH_MISMATCH');
        return [hashOf(ours), hashOf(theirs)].every((hash) => error.why?.includes(hash));
      },
    );
  });

  // kubernetes/kubeadm#1399: cluster-info has the old and the new CA while nodes still join with the line of the old one.
  it('accepts a bundle of a rotation with one pinned CA, and trusts that one alone', async () => {
    const [old, next] = await Promise.all([ca(), ca()]);
    const { hash, pem } = pinCa(next + old, [`sha256:${hashOf(old)}`]);
    assert.equal(hash, hashOf(next));
    assert.deepEqual(caHashes(pem), [hashOf(old)]);
  });

  it('refuses what holds no certificate', () => {
    assert.throws(
      () => pinCa('nothing', 'any'),
      (error: EdgeadmError) => error.code === 'CLUSTER_INFO_INVALID',
    );
  });
});
