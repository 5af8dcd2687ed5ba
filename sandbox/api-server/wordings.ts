/**
 * What API servers say in other words from some minor version on. Sources: the tags of kubernetes/kubernetes and of its
 * apiserver and apimachinery, v1.20 to v1.37; test/contract holds 1.20.2 and 1.37.2 to a real kube-apiserver.
 */

/** pkg/authorization/union/union.go: a reason comes with the name of its authorizer. */
const FIRST_NAMED_REASON = 37;
/** pkg/util/validation/field/errors.go: values that are no simple ones were in the syntax of Go before. */
const FIRST_JSON_VALUE = 34;
/** pkg/util/managedfields/internal/versioncheck.go */
const FIRST_VERSION_CHECK = 28;
/** pkg/apis/certificates/validation/validation.go: the detail went with declarative validation. */
const FIRST_WITHOUT_USAGES_DETAIL = 26;
/** sigs.k8s.io/json in place of json-iterator, which put its own name before an error. */
const FIRST_JSON_DECODER = 23;

/** How much of an unrecognized body is shown. */
const SHOWN_BYTES = 30;

/** @param why empty if the authorizer gives no reason */
export function reasonOf(authorizer: 'node', why: string, minor: number): string {
  return why !== '' && minor >= FIRST_NAMED_REASON ? `${authorizer}: ${why}` : why;
}

/** Bytes that a field may not have. */
export function shownBytes(bytes: Buffer, minor: number): string {
  if (minor >= FIRST_JSON_VALUE) return JSON.stringify(bytes.toString('base64'));
  return `[]byte{${[...bytes].map((byte) => `0x${byte.toString(16)}`).join(', ')}}`;
}

/** A resourceVersion of zero, a number without a sign in Go. */
export function shownZero(minor: number): string {
  return minor >= FIRST_JSON_VALUE ? '0' : '0x0';
}

/** A certificate request without usages. */
export function missingUsages(minor: number): string {
  return minor >= FIRST_WITHOUT_USAGES_DETAIL ? 'Required value' : 'Required value: usages must be provided';
}

/** A custom object whose body does not say what it is. */
export function missingKind(kind: string, version: string, body: object, minor: number): string {
  const text = JSON.stringify(body);
  const missing = `Object 'Kind' is missing in '${text}'`;
  if (minor < FIRST_JSON_DECODER)
    return `${kind} in version "${version}" cannot be handled as a ${kind}: unmarshalerDecoder: ${missing}`;
  const shown = text.length > SHOWN_BYTES ? `${text.slice(0, SHOWN_BYTES)} ...` : text;
  return `the object provided is unrecognized (must be of type ${kind}): ${missing} (${shown})`;
}

/** A configuration to apply whose apiVersion is not that of the path. */
export function otherVersion(given: string, kind: string, expected: string, minor: number): string {
  if (minor >= FIRST_VERSION_CHECK)
    return `invalid object type: ${given.includes('/') ? given : `/${given}`}, Kind=${kind}`;
  return `Incorrect version specified in apply patch. Specified patch version: ${given}, expected: ${expected}`;
}
