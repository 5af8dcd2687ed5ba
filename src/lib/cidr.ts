import { BlockList, isIP } from 'node:net';

/** An address range taken apart; a bare address is a range of one. */
interface Range {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** True where the two ranges (`10.96.0.0/12`, `10.1.2.3`) have an address in common. What is no range overlaps nothing. */
export function overlaps(left: string, right: string): boolean {
  const [a, b] = [parseRange(left), parseRange(right)];
  if (!a || !b || a.family !== b.family) return false;
  return contains(a, b) || contains(b, a);
}

/** True where every address of the inner range is in the outer one too. */
export function covers(outer: string, inner: string): boolean {
  const [a, b] = [parseRange(outer), parseRange(inner)];
  return a !== undefined && b !== undefined && a.family === b.family && contains(a, b);
}

/** True for the ranges that mean "everything": the destination of a default route. */
export function isEverything(cidr: string): boolean {
  return parseRange(cidr)?.prefix === 0;
}

/** True for a range with its length: `10.1.0.0/16`. */
export function isCidr(text: string): boolean {
  return text.includes('/') && parseRange(text) !== undefined;
}

function contains(outer: Range, inner: Range): boolean {
  const list = new BlockList();
  list.addSubnet(outer.address, outer.prefix, outer.family);
  return outer.prefix <= inner.prefix && list.check(inner.address, inner.family);
}

function parseRange(text: string): Range | undefined {
  const [address = '', length] = text.split('/');
  const version = isIP(address);
  if (version === 0) return undefined;
  const bits = version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : Number(length);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > bits) return undefined;
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}
