import { isIP } from 'node:net';
import { z } from 'zod';
import { isCidr, nodeAddresses } from '../lib/cidr.ts';
import {
  HUB_VERSION,
  normaliseServer,
  REGION,
  type Refusal,
  refuseImage,
  refuseLabelValue,
  refuseNodeLabel,
  refuseNodeNameRule,
  refuseQualifiedName,
  serverHint,
} from './grammar.ts';

/** A string that a rule may refuse with a sentence. */
function checked(refuse: (text: string) => Refusal): z.ZodString {
  return z.string().check((context) => {
    const refusal = refuse(context.value);
    if (refusal) context.issues.push({ code: 'custom', message: refusal, input: context.value });
  });
}

const image = checked(refuseImage);
const cidr = z.string().refine(isCidr, 'must be a CIDR such as 10.244.0.0/16');
const absolutePath = z.string().regex(/^\/[^\0\n]*$/, 'must be an absolute path');

const labels = z.record(z.string(), checked(refuseLabelValue)).check((context) => {
  for (const key of Object.keys(context.value)) {
    const refusal = refuseQualifiedName(key) ?? refuseNodeLabel(key);
    if (refusal) context.issues.push({ code: 'custom', message: refusal, path: [key], input: key });
  }
});

const annotations = z.record(z.string(), z.string()).check((context) => {
  for (const key of Object.keys(context.value)) {
    const refusal = refuseQualifiedName(key);
    if (refusal) context.issues.push({ code: 'custom', message: refusal, path: [key], input: key });
  }
});

export const taint = z.strictObject({
  key: checked(refuseQualifiedName),
  value: checked(refuseLabelValue).default(''),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
});

/** yurthub's third way of working, from 1.6 on. Source: openyurt, cmd/yurthub/app/start.go (WorkingModeLocal). */
const NO_LOCAL_MODE =
  'local is not supported: in this mode yurthub only balances the load of a control plane that runs as pods of another cluster; it keeps no cache, so that a node without network would lose its pods. Use token or kubeletcertificate';

const NAME_SERVER = 'the address of the API server is required: HOST or HOST:PORT';

/** Every key of a JoinConfiguration with its rule and its default; the specification of a join is inferred from it. */
export const joinKeys = z.strictObject({
  /** `https://host:port`, in the order given. */
  apiServers: z
    .array(
      z.string().transform((text, context) => {
        const server = normaliseServer(text);
        if (server) return server;
        const message = `"${text}" is not an API server address (HOST or HOST:PORT)${serverHint(text)}`;
        context.addIssue({ code: 'custom', message });
        return z.NEVER;
      }),
      { error: NAME_SERVER },
    )
    .min(1, NAME_SERVER),
  /** Bootstrap token `id.secret`. */
  token: z
    .string({ error: 'a bootstrap token is required: --token or EDGEADM_TOKEN' })
    .regex(/^[a-z0-9]{6}\.[a-z0-9]{16}$/, {
      error: ({ input }) =>
        `a bootstrap token has the form ID.SECRET, with six and sixteen lower-case letters and digits${
          /\s/.test(String(input)) ? '; this one contains a space or a line break' : ''
        }`,
    }),
  /** `sha256:<hex>` of the CA's SubjectPublicKeyInfo. */
  caCertHashes: z
    .array(
      z
        .string()
        .regex(/^sha256:[0-9a-fA-F]{64}$/, 'must be sha256: and 64 hex digits')
        .transform((hash) => hash.toLowerCase()),
    )
    .default([]),
  unsafeSkipCaVerification: z.boolean().default(false),
  /** A name, or `""` host name, `"*"` six random characters, `"*.suffix"`. */
  nodeName: checked(refuseNodeNameRule).default(''),
  /** One address, or one of each family, the node's first one first; as the system spells them. */
  nodeIp: z
    .string()
    .refine((text) => nodeAddresses(text) !== undefined, 'must be an IP address, or one IPv4 and one IPv6 address: A,B')
    .transform((text) => (nodeAddresses(text) ?? []).join(','))
    .optional(),
  nodeIface: z
    .string()
    .regex(/^[^\s/]{1,15}$/, 'must be the name of a network interface')
    .optional(),
  /** Of Flannel alone, as the vendor's guide has it; `nodeIface` is of both and counts more. */
  flannelIface: z
    .string()
    .regex(/^[^\s/]{1,15}$/, 'must be the name of a network interface')
    .optional(),
  labels: labels.default({}),
  annotations: annotations.default({}),
  taints: z.array(taint).default([]),
  nodePool: checked(refuseLabelValue).optional(),
  /** undefined: installed if an image is named by flag or bundle; false: never. */
  edgeHub: z.boolean().optional(),
  edgeHubImage: image.optional(),
  /** undefined: the bundle's, else ack. */
  edgeHubFlavor: z.enum(['ack', 'openyurt']).optional(),
  /** undefined: as it is on the node, else what is given decides: an image makes a pod, a program a service. */
  edgeHubAs: z.enum(['pod', 'service']).optional(),
  /** A file of the machine that edgeadm runs on; undefined: the bundle's. */
  edgeHubProgram: z.string().min(1).optional(),
  /** Of the program; undefined: the bundle's, else what the program contains. */
  edgeHubVersion: z
    .string()
    .regex(HUB_VERSION.pattern, HUB_VERSION.rule)
    .transform((text) => text.replace(/^v?/, 'v'))
    .optional(),
  /** undefined: token. */
  edgeHubMode: z
    .enum(['token', 'kubeletcertificate'], { error: ({ input }) => (input === 'local' ? NO_LOCAL_MODE : undefined) })
    .optional(),
  enableIptables: z.boolean().default(false),
  pauseImage: image.optional(),
  runtime: z.enum(['containerd', 'docker']).default('containerd'),
  /** The version that the runtime is expected to have; another one is reported. */
  runtimeVersion: z
    .string()
    .regex(/^v?\d+\.\d+[\w.+-]*$/, 'must be a version such as 1.6.39')
    .optional(),
  manageRuntime: z.boolean().default(false),
  criSocket: z
    .string()
    .transform((text) => text.replace(/^unix:\/\//, ''))
    .pipe(absolutePath)
    .optional(),
  runtimeRootDir: absolutePath.optional(),
  /** Folder, .tgz or URL. */
  bundle: z.string().min(1).optional(),
  bundleSha256: z
    .string()
    .regex(/^(sha256:)?[0-9a-fA-F]{64}$/, 'must be 64 hex digits')
    .transform((sum) => sum.replace(/^sha256:/, '').toLowerCase())
    .optional(),
  kubernetesVersion: z
    .string()
    .regex(/^v?1\.\d+\.\d+([-+][\w.-]+)?$/, 'must look like v1.20.2')
    .optional(),
  /** undefined: what the cluster's KubeletConfiguration says. */
  maxPods: z.int().min(1).max(4096).optional(),
  gpuVersion: z.string().default(''),
  selfHostNtpServer: z.boolean().default(false),
  /** undefined: no add-on is kept off; an empty list keeps all of them off. */
  allowedClusterAddons: z.array(checked(refuseQualifiedName)).optional(),
  /** The system that the console's line was made for; undefined: whichever the node runs. */
  platform: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(['linux', 'windows'], 'must be Linux or Windows'))
    .optional(),
  interconnectMode: z.enum(['basic', 'private']).default('basic'),
  /** Express Connect, for clusters below 1.22. */
  inDedicatedNetwork: z.boolean().default(false),
  region: z.string().regex(REGION.pattern, REGION.rule).optional(),
  /** undefined: what the cluster's `kubeadm-config` says. */
  podCidrs: z.array(cidr).optional(),
  serviceCidrs: z.array(cidr).optional(),
  /** Name servers of pods; undefined: what the cluster's KubeletConfiguration says. */
  clusterDns: z
    .array(z.string().refine((text) => isIP(text) !== 0, 'must be an IP address'))
    .min(1)
    .optional(),
  /** Of a console's node-spec; recorded on the node, as `poolNodesConnected` is. */
  openapiType: z.string().optional(),
  poolNodesConnected: z.boolean().optional(),
  skipPhases: z.array(z.string()).default([]),
  /** Check names, lower or upper case, or `all`. */
  ignorePreflightErrors: z.array(z.string()).default([]),
  rollbackOnFailure: z.boolean().default(true),
});

export type JoinKey = keyof z.input<typeof joinKeys>;

/**
 * The flag of each key, without its dashes; undefined for a key that only files and node-specs have. A key without an
 * entry here does not compile, nor does a flag of join that no entry names.
 */
export const FLAG_OF_KEY = {
  apiServers: 'API-SERVER',
  token: 'token',
  caCertHashes: 'discovery-token-ca-cert-hash',
  unsafeSkipCaVerification: 'discovery-token-unsafe-skip-ca-verification',
  nodeName: 'node-name',
  nodeIp: 'node-ip',
  nodeIface: 'node-iface',
  flannelIface: undefined,
  labels: 'labels',
  annotations: 'annotations',
  taints: 'taints',
  nodePool: 'nodepool',
  edgeHub: 'no-edge-hub',
  edgeHubImage: 'edge-hub-image',
  edgeHubFlavor: 'edge-hub-flavor',
  edgeHubAs: 'edge-hub-as',
  edgeHubProgram: 'edge-hub-program',
  edgeHubVersion: 'edge-hub-version',
  edgeHubMode: 'edge-hub-mode',
  enableIptables: 'enable-iptables',
  pauseImage: 'pause-image',
  runtime: 'runtime',
  runtimeVersion: undefined,
  manageRuntime: 'manage-runtime',
  criSocket: 'cri-socket',
  runtimeRootDir: 'runtime-root-dir',
  bundle: 'bundle',
  bundleSha256: 'bundle-sha256',
  kubernetesVersion: 'kubernetes-version',
  maxPods: 'max-pods',
  gpuVersion: 'gpu-version',
  selfHostNtpServer: undefined,
  allowedClusterAddons: 'allowed-cluster-addons',
  platform: undefined,
  interconnectMode: undefined,
  inDedicatedNetwork: undefined,
  region: 'region',
  podCidrs: undefined,
  serviceCidrs: undefined,
  clusterDns: undefined,
  openapiType: undefined,
  poolNodesConnected: undefined,
  skipPhases: 'skip-phases',
  ignorePreflightErrors: 'ignore-preflight-errors',
  rollbackOnFailure: 'rollback-on-failure',
} as const satisfies Record<JoinKey, string | undefined>;

/** A flag that sets a key of the configuration. */
export type KeyFlag = Exclude<(typeof FLAG_OF_KEY)[JoinKey], undefined | 'API-SERVER'>;

/** The same before it is known which cluster it is. */
export const draftKeys = joinKeys.partial({ apiServers: true, token: true });
