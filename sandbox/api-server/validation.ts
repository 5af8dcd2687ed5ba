import type { KubeObject } from './resources.ts';
import type { Cause } from './status.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LONGEST_NAME = 253;
const LONGEST_PART = 63;

const NOT_A_SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NOT_A_NAME_PART =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const NOT_A_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** Why a text is not a subdomain; empty if it is one. */
export function notASubdomain(text: string): string {
  return SUBDOMAIN.test(text) ? '' : NOT_A_SUBDOMAIN;
}

/** What is wrong with the metadata of an object. */
export function checkMetadata({ metadata }: KubeObject): Cause[] {
  const { name, labels } = metadata;
  if (!name)
    return [
      {
        field: 'metadata.name',
        reason: 'FieldValueRequired',
        message: 'Required value: name or generateName is required',
      },
    ];
  const causes = SUBDOMAIN.test(name) ? [] : [wrong('metadata.name', name, NOT_A_SUBDOMAIN)];
  if (name.length > LONGEST_NAME)
    causes.push(wrong('metadata.name', name, `must be no more than ${LONGEST_NAME} characters`));
  return [...causes, ...Object.entries(labels ?? {}).flatMap(([key, value]) => checkLabel(key, value))];
}

function checkLabel(key: string, value: string): Cause[] {
  const slash = key.indexOf('/');
  const [prefix, part] = slash < 0 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
  const causes: Cause[] = [];
  if (prefix !== undefined && !SUBDOMAIN.test(prefix))
    causes.push(wrong('metadata.labels', key, `prefix part ${NOT_A_SUBDOMAIN}`));
  if (!NAME_PART.test(part)) causes.push(wrong('metadata.labels', key, NOT_A_NAME_PART));
  if (part.length > LONGEST_PART)
    causes.push(wrong('metadata.labels', key, `name part must be no more than ${LONGEST_PART} characters`));
  if (value !== '' && !NAME_PART.test(value)) causes.push(wrong('metadata.labels', value, NOT_A_VALUE));
  if (value.length > LONGEST_PART)
    causes.push(wrong('metadata.labels', value, `must be no more than ${LONGEST_PART} characters`));
  return causes;
}

function wrong(field: string, value: string, message: string): Cause {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: "${value}": ${message}` };
}
