import { isIP } from 'node:net';
import { z } from 'zod';
import { isCidr } from '../lib/cidr.ts';
import {
  normaliseServer,
  REGION,
  type Refusal,
  refuseImage,
  refuseLabelValue,
  refuseNodeLabel,
  refuseNodeNameRule,
  refuseQualifiedName,
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

const taint = z.strictObject({
  key: checked(refuseQualifiedName),
  value: checked(refuseLabelValue).default(''),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
});

const NAME_SERVER = 'name the API server: HOST or HOST:PORT';

/**
 * Every key of a JoinConfiguration with its rule and its default. The keys of the file, of the specification and (in
 * kebab-case) of the flags are the same.
 */
export const joinKeys = z.strictObject({
  apiServers: z
    .array(
      z.string().transform((text, context) => {
        const server = normaliseServer(text);
        if (server) return server;
        context.addIssue({ code: 'custom', message: `"${text}" is no API server address (HOST or HOST:PORT)` });
        return z.NEVER;
      }),
      { error: NAME_SERVER },
    )
    .min(1, NAME_SERVER),
  token: z
    .string({ error: 'a bootstrap token is needed: --token or EDGEADM_TOKEN' })
    .regex(
      /^[a-z0-9]{6}\.[a-z0-9]{16}$/,
      'a bootstrap token is ID.SECRET, six and sixteen lower-case letters and digits',
    ),
  caCertHashes: z
    .array(
      z
        .string()
        .regex(/^sha256:[0-9a-fA-F]{64}$/, 'must be sha256: and 64 hex digits')
        .transform((hash) => hash.toLowerCase()),
    )
    .default([]),
  unsafeSkipCaVerification: z.boolean().default(false),
  nodeName: checked(refuseNodeNameRule).default(''),
  nodeIp: z
    .string()
    .refine((text) => isIP(text) !== 0, 'must be an IP address')
    .optional(),
  nodeIface: z
    .string()
    .regex(/^[^\s/]{1,15}$/, 'must be the name of a network interface')
    .optional(),
  labels: labels.default({}),
  annotations: annotations.default({}),
  taints: z.array(taint).default([]),
  nodePool: checked(refuseLabelValue).optional(),
  edgeHub: z.boolean().optional(),
  edgeHubImage: image.optional(),
  edgeHubFlavor: z.enum(['ack', 'openyurt']).optional(),
  enableIptables: z.boolean().default(false),
  pauseImage: image.optional(),
  runtime: z.enum(['containerd', 'docker']).default('containerd'),
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
  imageRepoType: z.enum(['', 'public', 'private']).default(''),
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
  gpuVersion: z.string().default(''),
  selfHostNtpServer: z.boolean().default(false),
  allowedClusterAddons: z.array(checked(refuseQualifiedName)).default([]),
  interconnectMode: z.enum(['basic', 'private']).default('basic'),
  inDedicatedNetwork: z.boolean().default(false),
  region: z.string().regex(REGION.pattern, REGION.rule).optional(),
  podCidrs: z.array(cidr).optional(),
  serviceCidrs: z.array(cidr).optional(),
  clusterDns: z
    .array(z.string().refine((text) => isIP(text) !== 0, 'must be an IP address'))
    .min(1)
    .optional(),
  openapiType: z.string().optional(),
  poolNodesConnected: z.boolean().optional(),
  skipPhases: z.array(z.string()).default([]),
  ignorePreflightErrors: z.array(z.string()).default([]),
  rollbackOnFailure: z.boolean().default(true),
});

export type JoinKey = keyof z.input<typeof joinKeys>;

/** The same before it is known which cluster it is. */
export const draftKeys = joinKeys.partial({ apiServers: true, token: true });
