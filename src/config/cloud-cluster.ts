import { z } from 'zod';
import { isCidr } from '../lib/cidr.ts';
import { LOG_PROJECT, REGION } from './grammar.ts';

/** How the API spells an edition. Source: the SDK, CreateCluster. */
export const CLUSTER_SPECS = { standard: 'ack.standard', pro: 'ack.pro.small' } as const;

export type ClusterEdition = keyof typeof CLUSTER_SPECS;

/** The edition of a cluster by what the service says of it; all that is not the basic one has the features of Pro. */
export function editionOf(clusterSpec: string | undefined): ClusterEdition {
  return clusterSpec?.startsWith('ack.pro') ? 'pro' : 'standard';
}

const id = (prefix: string, what: string) =>
  z.string({ error: `${what} is required` }).regex(new RegExp(`^${prefix}[\\w-]*$`), `must be the ID of ${what}`);
const cidr = z.string().refine(isCidr, 'must be a CIDR such as 172.20.0.0/16');
const ids = z.array(z.string().min(1));

function between(least: number, most: number, unit = ''): z.ZodInt {
  const rule = `must be ${least} to ${most}${unit}`;
  return z.int(rule).min(least, rule).max(most, rule);
}

/** What the SDK lists for system and data disks; the guide has the first two. */
const DISKS = ['cloud_ssd', 'cloud_efficiency', 'cloud_essd', 'cloud_auto', 'cloud_essd_entry'] as const;
const disk = z.strictObject({
  category: z.enum(DISKS, `must be one of ${DISKS.join(', ')}`).default('cloud_ssd'),
  size: between(20, 32_768, ' GiB'),
});

const workers = z.strictObject({
  /** ECS instances for the components that run in the cloud. */
  count: z.int().min(1, 'at least one worker node is required: the components of the cloud side run on it').default(1),
  instanceTypes: z
    .array(z.string().regex(/^ecs\./, 'must be an ECS instance type such as ecs.g6.large'), {
      error: 'an instance type for the worker nodes is required',
    })
    .min(1, 'an instance type for the worker nodes is required'),
  vswitches: ids.optional(),
  systemDisk: disk.default({ category: 'cloud_ssd', size: 120 }),
  dataDisks: z.array(disk).default([]),
  keyPair: z.string().min(1).optional(),
  /** A secret. */
  password: z.string().optional(),
  /** Of the nodes; the service installs its agent. */
  cloudMonitor: z.boolean().default(false),
  runtime: z.string().optional(),
});

/** Components of the control plane whose logs can be kept. Source: the vendor's page of control-plane logs. */
export const LOGGED_COMPONENTS = ['apiserver', 'kcm', 'scheduler', 'ccm', 'controlplane-events'] as const;

const logging = z.strictObject({
  /** The log component for containers. */
  containers: z.boolean().default(false),
  /** Of the control plane. */
  components: z.array(z.enum(LOGGED_COMPONENTS)).default([]),
  audit: z.boolean().default(false),
  /** Default: the service makes one, `k8s-log-CLUSTER`. */
  project: z.string().regex(LOG_PROJECT.pattern, LOG_PROJECT.rule).optional(),
  days: between(1, 3000, ' days').optional(),
});

const addon = z.strictObject({
  name: z.string().min(1),
  version: z.string().optional(),
  /** JSON text, or a map. */
  config: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  disabled: z.boolean().optional(),
});

/** Every key of a CloudCluster file with its rule and its default. */
export const cloudClusterKeys = z.strictObject({
  name: z
    .string({ error: 'the name of the cluster is required' })
    .regex(/^[\p{L}\d][\p{L}\d-]{0,62}$/u, 'must be 1 to 63 letters, digits and "-", beginning with a letter or digit'),
  region: z.string({ error: 'the region is required' }).regex(REGION.pattern, REGION.rule),
  edition: z.enum(['standard', 'pro']).default('standard'),
  /** As the service spells it; default: its newest. */
  kubernetesVersion: z.string().min(1).optional(),
  vpc: id('vpc-', 'a VPC'),
  vswitches: z
    .array(id('vsw-', 'a vSwitch'), { error: 'a vSwitch is required: up to three, in different zones' })
    .min(1, 'a vSwitch is required')
    .max(3, 'at most three vSwitches can be used'),
  network: z.enum(['flannel', 'terway-edge']).default('flannel'),
  /** Required with Flannel. */
  podCidr: cidr.optional(),
  serviceCidr: cidr.default('172.21.0.0/20'),
  /** Bits of the pod range of a node. */
  nodeCidrMask: between(24, 28).default(25),
  proxyMode: z.enum(['ipvs', 'iptables']).default('ipvs'),
  /** Let nodes without a public address reach the Internet through the VPC's NAT gateway. */
  snat: z.boolean().default(true),
  securityGroup: id('sg-', 'a security group').optional(),
  advancedSecurityGroup: z.boolean().optional(),
  resourceGroup: z.string().min(1).optional(),
  tags: z.record(z.string(), z.string()).default({}),
  deletionProtection: z.boolean().default(false),
  timezone: z.string().min(1).optional(),
  clusterDomain: z.string().min(1).optional(),
  extraSans: ids.default([]),
  loadBalancer: id('lb-', 'a load balancer').optional(),
  /** Pro only: encrypts Secrets. */
  kmsKey: z
    .string()
    .regex(/^[\w./:-]+$/, 'must be the ID or the alias of a key of KMS')
    .optional(),
  autoUpgrade: z.enum(['patch', 'stable', 'rapid']).optional(),
  workers,
  logging: logging.default({ containers: false, components: [], audit: false }),
  addons: z.array(addon).default([]),
});

/** An edge cluster that is to be created. */
export type CloudClusterSpec = z.output<typeof cloudClusterKeys>;
