import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { load } from 'js-yaml';
import { z } from 'zod';
import { usageError } from '../errors/usage.ts';
import { closest } from '../lib/closest.ts';
import { OWN_YAML } from '../lib/kubernetes-yaml.ts';
import { readUserText } from '../lib/user-file.ts';
import { API_VERSION } from './config-file.ts';
import { joinKeys } from './join-schema.ts';
import type { JoinSpec } from './spec.ts';

/** A host as `--host` and inventories name it. */
export interface HostAddress {
  /** Host name or IP address, without brackets. */
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
}

/** What an inventory says of one host alone; it is stronger than flags and file. */
export type HostOverrides = Partial<
  Pick<JoinSpec, 'nodeName' | 'nodeIp' | 'labels' | 'annotations' | 'taints' | 'nodePool'>
>;

export interface InventoryHost extends HostAddress {
  /** An absolute path. */
  readonly sshKey?: string;
  readonly overrides: HostOverrides;
}

const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;
const USER = /^[^\s@:/-][^\s@:/]*$/;

/** Reads `[user@]ADDR[:port]`, an IPv6 address with a port in brackets; undefined if it is not that. */
export function parseHostAddress(text: string): HostAddress | undefined {
  const at = text.lastIndexOf('@');
  const user = at === -1 ? undefined : text.slice(0, at);
  if (user !== undefined && !USER.test(user)) return undefined;
  const rest = text.slice(at + 1);
  const bare = parseAddress(rest);
  if (bare !== undefined) return { address: bare, user };
  const match = /^(.*):(\d{1,5})$/.exec(rest);
  const address = match?.[1]?.includes(':') && !match[1].startsWith('[') ? undefined : parseAddress(match?.[1] ?? '');
  const port = Number(match?.[2]);
  if (address === undefined || port < 1 || port > 65_535) return undefined;
  return { address, port, user };
}

function parseAddress(text: string): string | undefined {
  const inside = /^\[(.*)\]$/.exec(text)?.[1];
  if (inside !== undefined) return isIP(inside) === 6 ? inside : undefined;
  return isIP(text) !== 0 || HOST_NAME.test(text) ? text : undefined;
}

/** Each key of a JoinConfiguration keeps its rule; its default is not wanted here. */
const { nodeName, nodeIp, labels, annotations, taints, nodePool } = joinKeys.shape;

const common = z.strictObject({
  user: z.string().regex(USER, 'must be a user name').optional(),
  port: z.int().min(1).max(65_535).optional(),
  sshKey: z.string().min(1).optional(),
  labels: labels.unwrap().optional(),
  annotations: annotations.unwrap().optional(),
  taints: taints.unwrap().optional(),
  nodePool,
});

const host = common.extend({
  address: z.string().transform((text, context) => {
    const address = parseAddress(text);
    if (address !== undefined) return address;
    context.addIssue({ code: 'custom', message: `"${text}" is neither a host name nor an IP address` });
    return z.NEVER;
  }),
  nodeName: nodeName.unwrap().optional(),
  nodeIp,
});

const inventory = z.strictObject({
  apiVersion: z.literal(API_VERSION).optional(),
  kind: z.literal('Inventory').optional(),
  defaults: common.default({}),
  hosts: z.array(host).min(1, 'list at least one host'),
});

/**
 * Reads an inventory (YAML or JSON): `hosts`, a list of `{address, user?, port?, sshKey?, nodeName?, nodeIp?, labels?,
 * annotations?, taints?, nodePool?}`, and `defaults` with what they share.
 * @throws EdgeadmError USAGE with all mistakes at once, each with its path
 */
export async function readInventory(path: string): Promise<InventoryHost[]> {
  return parseInventory(await readUserText(path, { what: '--inventory' }), path);
}

/** As {@link readInventory}; `path` is where the text came from. */
export function parseInventory(text: string, path: string): InventoryHost[] {
  let document: unknown;
  try {
    document = load(text, { schema: OWN_YAML });
  } catch (error) {
    throw usageError([`${path}: ${(error as Error).message}`]);
  }
  const parsed = inventory.safeParse(document, { reportInput: true });
  if (!parsed.success) throw usageError(parsed.error.issues.flatMap(describe).map((mistake) => `${path}: ${mistake}`));
  const { defaults, hosts } = parsed.data;
  const twice = [
    ...repeated(hosts, ({ address, port }) => `${address} ${port ?? defaults.port ?? 22}`, 'address'),
    ...repeated(hosts, (each) => (/^(\*.*)?$/.test(each.nodeName ?? '') ? undefined : each.nodeName), 'nodeName'),
  ];
  if (twice.length > 0) throw usageError(twice.map((mistake) => `${path}: ${mistake}`));
  return hosts.map((each) => withDefaults(each, defaults, dirname(path)));
}

function withDefaults(own: z.infer<typeof host>, defaults: z.infer<typeof common>, folder: string): InventoryHost {
  const { address, user, port, sshKey, nodeName, nodeIp, ...more } = { ...defaults, ...definedOf(own) };
  return {
    address,
    user,
    port,
    sshKey: sshKey === undefined ? undefined : resolve(folder, sshKey.replace(/^~(?=\/)/, homedir())),
    overrides: definedOf({
      ...more,
      nodeName,
      nodeIp,
      labels: merged(defaults.labels, own.labels),
      annotations: merged(defaults.annotations, own.annotations),
    }),
  };
}

function merged(
  defaults: Record<string, string> | undefined,
  own: Record<string, string> | undefined,
): Record<string, string> | undefined {
  return defaults || own ? { ...defaults, ...own } : undefined;
}

function definedOf<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}

/** One line for each host whose key another one before it has, too. */
function repeated<T>(hosts: readonly T[], keyOf: (each: T) => string | undefined, name: string): string[] {
  const first = new Map<string, number>();
  return hosts.flatMap((each, index) => {
    const key = keyOf(each);
    if (key === undefined) return [];
    const before = first.get(key);
    if (before === undefined) first.set(key, index);
    return before === undefined ? [] : [`hosts[${index}].${name}: the same as that of hosts[${before}]`];
  });
}

/** The keys beside which an unknown one may stand, by the path of their map. */
function keysAt(path: readonly PropertyKey[]): string[] {
  const schema = path[0] === 'hosts' ? host : path[0] === 'defaults' ? common : inventory;
  return Object.keys(schema.shape);
}

/** `hosts[2].labels.zone: must be …` */
function describe(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.reduce<string>(
    (before, part) => (typeof part === 'number' ? `${before}[${part}]` : `${before}${before && '.'}${String(part)}`),
    '',
  );
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = closest(key, keysAt(issue.path));
      return `${path}${path && '.'}${key}: unknown key${meant ? `; did you mean ${meant}?` : ''}`;
    });
  }
  if (issue.code === 'invalid_type' && path && issue.input === undefined) return [`${path} is required`];
  return [path ? `${path}: ${issue.message}` : 'expected a map with the key hosts'];
}
