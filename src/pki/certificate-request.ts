import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type forge from 'node-forge';
import asn1 from 'node-forge/lib/asn1.js';
import util from 'node-forge/lib/util.js';

// node-forge is used for ASN.1 alone: keys and signatures are Node's own. Not @peculiar/x509, which brings WebCrypto keys,
// a dependency-injection container and ten more packages to write the same bytes.
const { Class, Type } = asn1;

/** Object identifiers: RFC 4519 (names), RFC 5758 (ecdsa-with-SHA256), RFC 5280 (extensions). */
const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  extensionRequest: '1.2.840.113549.1.9.14',
  subjectAltName: '2.5.29.17',
};

export interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** Names a serving certificate answers for. */
export interface AltNames {
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
}

/** A key pair with PEM of its private half (SEC 1, as the kubelet writes it). */
export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly privatePem: string;
}

/** An ECDSA P-256 key, what the kubelet makes for itself. */
export async function generateKey(): Promise<KeyPair> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  return { publicKey, privateKey, privatePem: privateKey.export({ type: 'sec1', format: 'pem' }).toString() };
}

/** A key pair from PEM of its private half; undefined for a text that is none. */
export function keyPairOf(privatePem: string): KeyPair | undefined {
  try {
    const privateKey = createPrivateKey(privatePem);
    return { publicKey: createPublicKey(privateKey), privateKey, privatePem };
  } catch {
    return undefined;
  }
}

/**
 * A PKCS #10 certificate signing request as PEM.
 *
 * node-forge builds the structure; Node signs, because forge does not support elliptic curves.
 * @see RFC 2986
 */
export function certificateRequest(key: KeyPair, subject: Subject, altNames: AltNames = {}): string {
  const info = sequence(
    asn1.create(Class.UNIVERSAL, Type.INTEGER, false, '\0'),
    distinguishedName(subject),
    asn1.fromDer(der(key.publicKey.export({ type: 'spki', format: 'der' }))),
    asn1.create(Class.CONTEXT_SPECIFIC, 0, true, attributes(altNames)),
  );
  return pem('CERTIFICATE REQUEST', signed(info, key.privateKey));
}

/** Wraps a to-be-signed structure with its ECDSA signature. */
export function signed(body: forge.asn1.Asn1, key: KeyObject): forge.asn1.Asn1 {
  const signature = sign('sha256', Buffer.from(asn1.toDer(body).getBytes(), 'binary'), key);
  return sequence(
    body,
    sequence(oid(OID.ecdsaWithSha256)),
    asn1.create(Class.UNIVERSAL, Type.BITSTRING, false, `\0${signature.toString('binary')}`),
  );
}

export function ecdsaAlgorithm(): forge.asn1.Asn1 {
  return sequence(oid(OID.ecdsaWithSha256));
}

/** Each organisation gets a set of its own; Go's crypto/x509 reads that and one multi-valued set alike. */
export function distinguishedName(subject: Subject): forge.asn1.Asn1 {
  const attribute = (type: string, value: string): forge.asn1.Asn1 =>
    set(sequence(oid(type), asn1.create(Class.UNIVERSAL, Type.UTF8, false, util.encodeUtf8(value))));
  return sequence(
    ...subject.organizations.map((organization) => attribute(OID.organization, organization)),
    attribute(OID.commonName, subject.commonName),
  );
}

/** The subjectAltName extension; undefined if there are no names. */
export function subjectAltName(altNames: AltNames): forge.asn1.Asn1 | undefined {
  const names = [
    ...(altNames.dns ?? []).map((name) => asn1.create(Class.CONTEXT_SPECIFIC, 2, false, name)),
    ...(altNames.ips ?? []).map((ip) => asn1.create(Class.CONTEXT_SPECIFIC, 7, false, util.bytesFromIP(ip) ?? '')),
  ];
  if (names.length === 0) return undefined;
  return sequence(oid(OID.subjectAltName), octets(sequence(...names)));
}

function attributes(altNames: AltNames): forge.asn1.Asn1[] {
  const extension = subjectAltName(altNames);
  return extension ? [sequence(oid(OID.extensionRequest), set(sequence(extension)))] : [];
}

export function sequence(...parts: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, parts);
}

function set(...parts: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.SET, true, parts);
}

export function oid(value: string): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(value).getBytes());
}

export function octets(content: forge.asn1.Asn1): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, asn1.toDer(content).getBytes());
}

export function der(bytes: Buffer): forge.util.ByteStringBuffer {
  return util.createBuffer(bytes.toString('binary'));
}

/** PEM with lines of 64 characters. */
export function pem(label: string, structure: forge.asn1.Asn1): string {
  const base64 = Buffer.from(asn1.toDer(structure).getBytes(), 'binary').toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
