import { type CloudClusterSpec, cloudClusterKeys } from '../../config/cloud-cluster.ts';
import { readConfigFile } from '../../config/config-file.ts';
import { registerSecret } from '../../lib/redact.ts';
import { pairsOf, type Refuse, secretOf } from '../flags.ts';
import type { CreateClusterFlags } from './flags.ts';

type Values = Readonly<Record<string, unknown>>;

/** Which flag sets which key. */
const FLAGS: Readonly<Record<string, string>> = {
  name: 'NAME',
  region: '--region',
  edition: '--edition',
  kubernetesVersion: '--kubernetes-version',
  vpc: '--vpc',
  vswitches: '--vswitch',
  network: '--network',
  podCidr: '--pod-cidr',
  serviceCidr: '--service-cidr',
  nodeCidrMask: '--node-cidr-mask',
  kmsKey: '--kms-key',
  deletionProtection: '--deletion-protection',
  tags: '--tags',
  'workers.count': '--workers',
  'workers.instanceTypes': '--worker-type',
  'workers.systemDisk': '--system-disk',
  'workers.keyPair': '--key-pair',
  'workers.password': '--login-password',
};

/**
 * The cluster that flags and file describe; flags take precedence, and the file over the environment.
 * @param usualRegion of the environment
 * @param refuse called with each mistake, by its flag or by file and key. @returns undefined if there is one
 */
export async function cloudClusterSpecOf(
  name: string | undefined,
  { usualRegion, ...flags }: CreateClusterFlags & { readonly usualRegion?: string },
  refuse: Refuse,
): Promise<CloudClusterSpec | undefined> {
  const file = flags.from === undefined ? {} : (await readConfigFile(flags.from, 'CloudCluster', '--from')).values;
  const given = await valuesOf(name, flags, refuse);
  const parsed = cloudClusterKeys.safeParse(merged({ region: usualRegion, ...file }, given));
  if (parsed.success) {
    registerSecret(parsed.data.workers.password);
    return parsed.data;
  }
  for (const { path, message } of parsed.error.issues) {
    const key = path.join('.');
    const flag = FLAGS[key] ?? FLAGS[path.slice(0, 2).join('.')] ?? FLAGS[String(path[0])];
    const isOfFile = flags.from !== undefined && valueAt(given, path) === undefined;
    const where = isOfFile || !flag ? [flags.from ?? '--from', key].filter(Boolean).join(': ') : flag;
    refuse(`${where}: ${message}`);
  }
  return undefined;
}

async function valuesOf(name: string | undefined, flags: CreateClusterFlags, refuse: Refuse): Promise<Values> {
  const workers = {
    count: flags.workers,
    instanceTypes: flags['worker-type'],
    systemDisk: diskOf(flags['system-disk'], refuse),
    keyPair: flags['key-pair'],
    password: await secretOf(flags['login-password'], '--login-password'),
  };
  return {
    name,
    region: flags.region,
    edition: flags.edition,
    kubernetesVersion: flags['kubernetes-version'],
    vpc: flags.vpc,
    vswitches: flags.vswitch,
    network: flags.network,
    podCidr: flags['pod-cidr'],
    serviceCidr: flags['service-cidr'],
    nodeCidrMask: flags['node-cidr-mask'],
    kmsKey: flags['kms-key'],
    deletionProtection: flags['deletion-protection'],
    tags: pairsOf(flags.tags, { flag: '--tags', commas: true }, refuse),
    workers,
  };
}

/** `cloud_essd:120` */
function diskOf(text: string | undefined, refuse: Refuse): object | undefined {
  if (text === undefined) return undefined;
  const [, category, size] = /^([a-z_]+):(\d+)$/.exec(text) ?? [];
  if (category && size) return { category, size: Number(size) };
  refuse(`--system-disk: "${text}" is not CATEGORY:GIB, such as cloud_essd:120`);
  return undefined;
}

/** The file, and over it what flags say. */
function merged(file: Values, flags: Values): Values {
  const keys = new Set([...Object.keys(file), ...Object.keys(flags)]);
  const entries = [...keys].map((key) => {
    const [below, above] = [file[key], flags[key]];
    return [
      key,
      isMap(below) && isMap(above) ? merged(below, above) : isMap(above) ? merged({}, above) : (above ?? below),
    ];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Values;
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(
    (found, key) => (isMap(found) || Array.isArray(found) ? (found as Values)[key as string] : undefined),
    values,
  );
}
