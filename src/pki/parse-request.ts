import { createPublicKey, type KeyObject } from 'node:crypto';
import type forge from 'node-forge';
import asn1 from 'node-forge/lib/asn1.js';
import util from 'node-forge/lib/util.js';
import type { AltNames, Subject } from './certificate-request.ts';

/** Object identifiers: RFC 4519 (names), RFC 2985 (extension request), RFC 5280 (subjectAltName). */
const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  extensionRequest: '1.2.840.113549.1.9.14',
  subjectAltName: '2.5.29.17',
};
/** Context tags of a GeneralName. */
const GENERAL_NAME = { dns: 2, ip: 7 };

/** A key may look like a structure: it stays what it is. The type declarations do not know this form of the options. */
const KEEP_BIT_STRINGS = { decodeBitStrings: false } as unknown as boolean;

/** What a PKCS #10 request asks for. */
export interface ParsedRequest {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  readonly altNames: Required<AltNames>;
}

/**
 * Reads a PKCS #10 certificate signing request; its signature is not checked.
 * @returns undefined for what is none
 * @see RFC 2986
 */
export function parseCertificateRequest(pemText: string): ParsedRequest | undefined {
  const [, base64] =
    /-----BEGIN CERTIFICATE REQUEST-----([\s\S]+?)-----END CERTIFICATE REQUEST-----/.exec(pemText) ?? [];
  if (!base64) return undefined;
  try {
    const request = asn1.fromDer(util.createBuffer(util.decode64(base64)), KEEP_BIT_STRINGS);
    const [info] = children(request);
    const [, subject, publicKey, attributes] = children(info);
    const spki = Buffer.from(asn1.toDer(publicKey as forge.asn1.Asn1).getBytes(), 'binary');
    return {
      subject: readSubject(subject),
      publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
      altNames: readAltNames(attributes),
    };
  } catch {
    return undefined;
  }
}

function children(structure: forge.asn1.Asn1 | undefined): forge.asn1.Asn1[] {
  return Array.isArray(structure?.value) ? structure.value : [];
}

function textOf(structure: forge.asn1.Asn1 | undefined): string {
  return typeof structure?.value === 'string' ? structure.value : '';
}

function oidOf(structure: forge.asn1.Asn1 | undefined): string {
  return asn1.derToOid(util.createBuffer(textOf(structure)));
}

function readSubject(name: forge.asn1.Asn1 | undefined): Subject {
  const pairs = children(name)
    .flatMap(children)
    .map((attribute) => {
      const [type, value] = children(attribute);
      return { type: oidOf(type), value: util.decodeUtf8(textOf(value)) };
    });
  const values = (type: string): string[] => pairs.filter((pair) => pair.type === type).map(({ value }) => value);
  return { commonName: values(OID.commonName)[0] ?? '', organizations: values(OID.organization) };
}

function readAltNames(attributes: forge.asn1.Asn1 | undefined): Required<AltNames> {
  const extensions = children(attributes)
    .filter((attribute) => oidOf(children(attribute)[0]) === OID.extensionRequest)
    .flatMap((attribute) => children(children(attribute)[1]).flatMap(children));
  const extension = extensions.find((one) => oidOf(children(one)[0]) === OID.subjectAltName);
  const content = textOf(children(extension).at(-1));
  const names = content ? children(asn1.fromDer(util.createBuffer(content))) : [];
  const tagged = (tag: number): string[] => names.filter(({ type }) => (type as number) === tag).map(textOf);
  return { dns: tagged(GENERAL_NAME.dns), ips: tagged(GENERAL_NAME.ip).map((bytes) => util.bytesToIP(bytes) ?? '') };
}
