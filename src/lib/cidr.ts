import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * True if the two ranges (`10.96.0.0/12`, `10.1.2.3`) share an address. A text that is not a range overlaps nothing.
 */
export function overlaps(left: string, right: string): boolean {
  return covers(left, right) || covers(right, left);
}

/** True if every address of the inner range is in the outer one too. */
export function covers(outer: string, inner: string): boolean {
  const [a, b] = [parseRange(outer), parseRange(inner)];
  if (!a || !b) return false;
  const [x, y] = a[0].kind() === b[0].kind() ? [a, b] : [asIpv4(a), asIpv4(b)];
  return x[0].kind() === y[0].kind() && x[1] <= y[1] && y[0].match(x);
}

/** `::ffff:10.0.0.0/104` is 10.0.0.0/8; any other range stays. */
function asIpv4([address, prefix]: Range): Range {
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && prefix >= 96;
  return isMapped ? [address.toIPv4Address(), prefix - 96] : [address, prefix];
}

/**
 * `2001:db8::5` for every spelling of that address, `10.0.0.1` for `::ffff:10.0.0.1`, as Go has it; undefined for a text
 * that is none. A zone stays.
 */
export function canonicalAddress(text: string): string | undefined {
  const [address = '', zone] = text.split('%');
  if (isIP(text) === 0) return undefined;
  return ipaddr.process(address).toString() + (zone === undefined ? '' : `%${zone}`);
}

/** True for two spellings of one address. */
export function sameAddress(left: string, right: string): boolean {
  const address = canonicalAddress(left);
  return address !== undefined && address === canonicalAddress(right);
}

/** True for an address that a machine has for itself alone, in any spelling. */
export function isLoopback(address: string): boolean {
  return covers('127.0.0.0/8', address) || covers('::1/128', address);
}

/** True for an address at which a program reaches its own machine: Linux sends what is for 0.0.0.0 and :: there, too. */
export function isOwnMachine(address: string): boolean {
  return isLoopback(address) || covers('0.0.0.0/32', address) || covers('::/128', address);
}

/** True for an IPv6 address that means nothing without the interface it belongs to, which a resolver in a pod lacks. */
export function isLinkLocal(address: string): boolean {
  return covers('fe80::/10', address);
}

/** True for two spellings of one host: an address by value, a name without its case and without the dot at its end. */
export function sameHost(left: string, right: string): boolean {
  return hostKey(left) === hostKey(right);
}

/** The one spelling of a host, for a key of a map. */
export function hostKey(host: string): string {
  return canonicalAddress(host) ?? host.toLowerCase().replace(/\.$/, '');
}

/** One address, or one of each family with a comma between; undefined for anything else. */
export function nodeAddresses(text: string): string[] | undefined {
  const found = text.split(',').map((part) => canonicalAddress(part.trim()));
  const addresses = found.filter((address) => address !== undefined);
  if (addresses.length !== found.length || addresses.length > 2) return undefined;
  const families = new Set(addresses.map((address) => isIP(address)));
  return families.size === addresses.length ? addresses : undefined;
}

/** True for the ranges that mean "everything": the destination of a default route. */
export function isDefaultRange(cidr: string): boolean {
  return parseRange(cidr)?.[1] === 0;
}

/** True for a range with its length: `10.1.0.0/16`. */
export function isCidr(text: string): boolean {
  return text.includes('/') && parseRange(text) !== undefined;
}

/**
 * The address that lies `index` after the first one of a range, as kubeadm picks the addresses of services.
 * Source: k8s.io/utils/net, GetIndexedIP.
 * @returns undefined for a text that is not a range, and for a range that is too small
 */
export function addressAt(cidr: string, index: number): string | undefined {
  const range = parseRange(cidr);
  if (!range) return undefined;
  const text = `${range[0]}/${range[1]}`;
  const Address = range[0].kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  const bytes = Address.networkAddressFromCIDR(text).toByteArray();
  const number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) + BigInt(index);
  const hex = number.toString(16).padStart(bytes.length * 2, '0');
  if (hex.length > bytes.length * 2) return undefined;
  const address = ipaddr.fromByteArray([...Buffer.from(hex, 'hex')]);
  return address.match(range) ? address.toString() : undefined;
}

/** The library also reads octal, hexadecimal and shortened IPv4 addresses, which no part of Kubernetes does. */
function parseRange(text: string): Range | undefined {
  const [address = '', length, ...rest] = text.split('/');
  // A zone (`fe80::1%eth0`) belongs to an address of one machine, never to a range.
  if (isIP(address) === 0 || address.includes('%') || rest.length > 0) return undefined;
  const parsed = ipaddr.parse(address);
  const bits = parsed.kind() === 'ipv4' ? 32 : 128;
  const prefix = length === undefined ? bits : Number(length);
  return /^\d+$/.test(length ?? '0') && prefix <= bits ? [parsed, prefix] : undefined;
}
