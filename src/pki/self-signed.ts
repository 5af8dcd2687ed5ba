import { randomBytes } from 'node:crypto';
import type forge from 'node-forge';
import asn1 from 'node-forge/lib/asn1.js';
import {
  type AltNames,
  der,
  distinguishedName,
  ecdsaAlgorithm,
  type KeyPair,
  pem,
  type Subject,
  sequence,
  signed,
  subjectAltName,
} from './certificate-request.ts';

const { Class, Type } = asn1;

/**
 * A self-signed certificate as PEM, valid for a year from yesterday on (clocks of edge nodes are often a little off).
 * It replaces a serving certificate that the cluster has not issued yet; no client trusts it.
 * @see RFC 5280
 */
export function selfSignedCertificate(key: KeyPair, subject: Subject, altNames: AltNames, now = new Date()): string {
  const day = 86_400_000;
  const extension = subjectAltName(altNames);
  const body = sequence(
    asn1.create(Class.CONTEXT_SPECIFIC, 0, true, [asn1.create(Class.UNIVERSAL, Type.INTEGER, false, '\x02')]),
    asn1.create(Class.UNIVERSAL, Type.INTEGER, false, `\x01${randomBytes(15).toString('binary')}`),
    ecdsaAlgorithm(),
    distinguishedName(subject),
    sequence(utcTime(new Date(now.getTime() - day)), utcTime(new Date(now.getTime() + 365 * day))),
    distinguishedName(subject),
    asn1.fromDer(der(key.publicKey.export({ type: 'spki', format: 'der' }))),
    ...(extension ? [asn1.create(Class.CONTEXT_SPECIFIC, 3, true, [sequence(extension)])] : []),
  );
  return pem('CERTIFICATE', signed(body, key.privateKey));
}

function utcTime(date: Date): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.UTCTIME, false, asn1.dateToUtcTime(date));
}
