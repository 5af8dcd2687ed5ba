import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import type forge from 'node-forge';
import asn1 from 'node-forge/lib/asn1.js';
import {
  type AltNames,
  der,
  distinguishedName,
  ecdsaAlgorithm,
  octets,
  oid,
  pem,
  type Subject,
  sequence,
  signed,
  subjectAltName,
} from './certificate-request.ts';

const { Class, Type } = asn1;

/** Object identifiers of RFC 5280. */
const OID = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};

/** Bits of KeyUsage by the names that Kubernetes has for them, the first bit being the highest of the octet. */
const KEY_USAGE: Readonly<Record<string, number>> = {
  'digital signature': 0x80,
  'key encipherment': 0x20,
  'cert sign': 0x04,
  'crl sign': 0x02,
};

/** Who signs: a name and a key on P-256. */
export interface Issuer {
  readonly subject: Subject;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface CertificateParts {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  readonly altNames?: AltNames;
  /** As in a CertificateSigningRequest: `digital signature`, `key encipherment`, `client auth`, `server auth`. */
  readonly usages: readonly string[];
  readonly isCa?: boolean;
  readonly notBefore: Date;
  /** Before 2050: later dates need another ASN.1 type. */
  readonly notAfter: Date;
}

/**
 * Signs an X.509 v3 certificate. The issuer may be the certificate's own key: that makes a CA.
 * @returns PEM
 * @see RFC 5280
 */
export function issueCertificate(issuer: Issuer, parts: CertificateParts): string {
  const body = sequence(
    asn1.create(Class.CONTEXT_SPECIFIC, 0, true, [asn1.create(Class.UNIVERSAL, Type.INTEGER, false, '\x02')]),
    // A first octet below 0x80 keeps the serial number positive.
    asn1.create(Class.UNIVERSAL, Type.INTEGER, false, `\x01${randomBytes(15).toString('binary')}`),
    ecdsaAlgorithm(),
    distinguishedName(issuer.subject),
    sequence(utcTime(parts.notBefore), utcTime(parts.notAfter)),
    distinguishedName(parts.subject),
    asn1.fromDer(der(parts.publicKey.export({ type: 'spki', format: 'der' }))),
    asn1.create(Class.CONTEXT_SPECIFIC, 3, true, [sequence(...extensions(issuer, parts))]),
  );
  return pem('CERTIFICATE', signed(body, issuer.privateKey));
}

function extensions(issuer: Issuer, parts: CertificateParts): forge.asn1.Asn1[] {
  const bits = parts.usages.reduce((sum, usage) => sum | (KEY_USAGE[usage] ?? 0), 0);
  const extended = [
    ...(parts.usages.includes('server auth') ? [oid(OID.serverAuth)] : []),
    ...(parts.usages.includes('client auth') ? [oid(OID.clientAuth)] : []),
  ];
  const names = subjectAltName(parts.altNames ?? {});
  const yes = asn1.create(Class.UNIVERSAL, Type.BOOLEAN, false, '\xff');
  return [
    critical(OID.basicConstraints, parts.isCa ? sequence(yes) : sequence()),
    critical(OID.keyUsage, asn1.create(Class.UNIVERSAL, Type.BITSTRING, false, `\0${String.fromCharCode(bits)}`)),
    ...(extended.length > 0 ? [sequence(oid(OID.extendedKeyUsage), octets(sequence(...extended)))] : []),
    ...(parts.isCa ? [sequence(oid(OID.subjectKeyIdentifier), octets(keyIdentifier(parts.publicKey)))] : []),
    sequence(
      oid(OID.authorityKeyIdentifier),
      octets(sequence(asn1.create(Class.CONTEXT_SPECIFIC, 0, false, keyHash(issuer.publicKey)))),
    ),
    ...(names ? [names] : []),
  ];
}

function critical(type: string, content: forge.asn1.Asn1): forge.asn1.Asn1 {
  return sequence(oid(type), asn1.create(Class.UNIVERSAL, Type.BOOLEAN, false, '\xff'), octets(content));
}

function keyIdentifier(key: KeyObject): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, keyHash(key));
}

/** Any hash will do; RFC 7093 allows that of the whole SubjectPublicKeyInfo. */
function keyHash(key: KeyObject): string {
  const digest = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
  return digest.subarray(0, 20).toString('binary');
}

function utcTime(date: Date): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.UTCTIME, false, asn1.dateToUtcTime(date));
}
