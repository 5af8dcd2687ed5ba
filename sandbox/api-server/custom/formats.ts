import { isIPv4, isIPv6 } from 'node:net';
import { hasPattern } from './patterns.ts';

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(.\d+)?(z|[+-]\d\d:\d\d)$/;
const HOSTNAME =
  '^([a-zA-Z0-9\\p{S}\\p{L}]((-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?)|([a-zA-Z0-9\\p{S}\\p{L}](([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}[a-zA-Z0-9\\p{S}\\p{L}])?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$';
const NUMBER_OF_256 = '\\s*(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*';
const CREDIT_CARD =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$/;
const SHORT_NAME = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

/**
 * Formats of texts, by their names without hyphens.
 * Source: k8s.io/kube-openapi, pkg/validation/strfmt and pkg/internal/third_party/govalidator
 */
const FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['bsonobjectid', matching(/^[0-9a-f]{24}$/i)],
  ['byte', matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/)],
  ['cidr', isCidr],
  ['creditcard', isCreditCard],
  ['date', isDate],
  ['datetime', isDateTime],
  ['duration', isDuration],
  ['email', matching(/^(.*<)?[^\s@<>]+@[^\s@<>]+>?$/)],
  ['hexcolor', matching(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ['hostname', isHostname],
  ['ipv4', (text) => isAddress(text) && text.includes('.')],
  ['ipv6', (text) => isAddress(text) && text.includes(':')],
  ['isbn', (text) => isIsbn10(text) || isIsbn13(text)],
  ['isbn10', isIsbn10],
  ['isbn13', isIsbn13],
  ['k8slongname', (text) => text.length <= 253 && hasPattern(text, `^${SHORT_NAME}(\\.${SHORT_NAME})*$`)],
  ['k8sshortname', (text) => text.length <= 63 && hasPattern(text, `^${SHORT_NAME}$`)],
  ['mac', isMac],
  ['rgbcolor', matching(new RegExp(`^rgb\\(${NUMBER_OF_256},${NUMBER_OF_256},${NUMBER_OF_256}\\)$`))],
  ['ssn', (text) => text.length === 11 && /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text)],
  ['uri', (text) => URL.canParse(text) || text.startsWith('/')],
  ['uuid', matching(/^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i)],
  ['uuid3', matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i)],
  ['uuid4', matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i)],
  ['uuid5', matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i)],
]);

/** True for a text of the format, and for any text if Kubernetes does not know the format. */
export function isOfFormat(text: string, format: string): boolean {
  return FORMATS.get(format.replaceAll('-', ''))?.(text) ?? true;
}

function matching(pattern: RegExp): (text: string) => boolean {
  return (text) => pattern.test(text);
}

function isDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)));
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

function isDateTime(text: string): boolean {
  const [date = '', time = ''] = text.toLowerCase().split('t');
  const [, hour = '', minute = '', second = ''] = TIME.exec(time) ?? [];
  return isDate(date) && hour !== '' && hour <= '23' && minute <= '59' && second <= '59';
}

/** Besides Go's durations, any text that has a number and a unit in it: `3 days`. */
function isDuration(text: string): boolean {
  if (/^[-+]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/.test(text)) return true;
  const units = /^(nano|micro|milli|sec|min|hour|day|week|(ns|us|µs|ms|s|m|h|hr|d|w|wk)$)/i;
  return [...text.matchAll(/\d+\s*([A-Za-zµ]+)/g)].some(([, unit = '']) => units.test(unit));
}

function isHostname(text: string): boolean {
  const isShort = text.length <= 255 && text.split('.').every((part) => part.length <= 63);
  return isShort && hasPattern(text, HOSTNAME);
}

/** Kubernetes takes IPv4 addresses with leading zeros, too. */
function isAddress(text: string): boolean {
  const plain = text.replace(/(^|[.:])0+(?=\d+(\.|$))/g, '$1');
  return isIPv4(plain) || (isIPv6(text) && !text.includes('%'));
}

function isCidr(text: string): boolean {
  const [address = '', length = '', ...more] = text.split('/');
  const most = address.includes(':') ? 128 : 32;
  return isAddress(address) && more.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= most;
}

/** Of 6, 8 or 20 bytes. */
function isMac(text: string): boolean {
  const bytes = text.replace(/[:.-]/g, '').length / 2;
  const isPaired = /^[0-9a-f]{2}(:[0-9a-f]{2})+$|^[0-9a-f]{2}(-[0-9a-f]{2})+$/i.test(text);
  return [6, 8, 20].includes(bytes) && (isPaired || /^[0-9a-f]{4}(\.[0-9a-f]{4})+$/i.test(text));
}

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '');
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return CREDIT_CARD.test(digits) && sum % 10 === 0;
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '');
  const sum = [...digits].reduce((total, digit, i) => total + (i + 1) * (digit === 'X' ? 10 : Number(digit)), 0);
  return /^[0-9]{9}[0-9X]$/.test(digits) && sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '');
  const sum = [...digits].reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 1 : 3), 0);
  return /^[0-9]{13}$/.test(digits) && sum % 10 === 0;
}
