import { Flags } from '@oclif/core';
import { HUB_VERSION, refuseImage } from '../../config/grammar.ts';
import { usageError } from '../../errors/usage.ts';
import type { HubRequest } from '../../phases/join/requested-hub.ts';
import type { UpgradeSpec } from '../../phases/upgrade/context.ts';
import { kubeconfigFlagFor, optionalKubeconfig, requireKubeconfig } from '../cluster-access.ts';
import { DRAIN_TIMEOUT_MS, type DrainFlags, drainFlags, drainPolicyOf } from '../drain-flags.ts';
import { BUNDLE_SHA256, durationOf, type Refuse } from '../flags.ts';

/** `cn-hangzhou`, `ap-southeast-1`, `cn-shenzhen-finance-1`. */
const REGION = /^[a-z]{2}(-[a-z0-9]+)+$/;

/** What `edgeadm upgrade` takes beside the flags of every command that works on a node. */
export const upgradeFlags = {
  'target-version': Flags.string({
    helpValue: 'V',
    description: "target version; default: the control plane's version",
  }),
  'kubelet-version': Flags.string({
    helpValue: 'V',
    description: 'version of the kubelet, if it differs from the target version',
  }),
  bundle: Flags.string({ helpValue: 'DIR|TGZ|URL', description: 'bundle to install' }),
  'bundle-sha256': Flags.string({ helpValue: 'HEX', description: BUNDLE_SHA256 }),
  drain: Flags.boolean({ description: 'evict the pods first, respecting PodDisruptionBudgets' }),
  'drain-timeout': Flags.string({
    helpValue: 'DURATION',
    description: 'time limit for draining all pods of the node; default 2m',
  }),
  ...drainFlags,
  kubeconfig: kubeconfigFlagFor('administrator kubeconfig for --drain and uncordon'),
  'migrate-runtime': Flags.boolean({ description: 'migrate the pods from docker to containerd' }),
  'edge-hub-as': Flags.option({
    options: ['pod', 'service'] as const,
    description: 'move the edge-hub to a static pod or to a systemd service (openyurt, yurthub 1.6 and newer)',
  })(),
  'edge-hub-image': Flags.string({
    helpValue: 'IMAGE',
    description: 'edge-hub image; default: the one named in the bundle, otherwise unchanged',
  }),
  'edge-hub-program': Flags.string({
    helpValue: 'FILE',
    description: 'yurthub program for the service; default: the one in the bundle, otherwise unchanged',
  }),
  'edge-hub-version': Flags.string({
    helpValue: 'V',
    description: 'version of the yurthub program; default: from the bundle, or as the program reports it',
  }),
  'interconnect-mode': Flags.option({
    options: ['basic', 'private'] as const,
    description: 'ignored, accepted for existing scripts: everything comes from the bundle',
  })(),
  region: Flags.string({
    helpValue: 'REGION',
    description: 'ignored, accepted for existing scripts, like --interconnect-mode',
  }),
};

/** What a command takes for the edge-hub of a node. */
export interface HubFlags {
  readonly 'edge-hub-as'?: 'pod' | 'service';
  readonly 'edge-hub-image'?: string;
  readonly 'edge-hub-program'?: string;
  readonly 'edge-hub-version'?: string;
}

interface ParsedFlags extends DrainFlags, HubFlags {
  readonly 'target-version'?: string;
  readonly 'kubelet-version'?: string;
  readonly bundle?: string;
  readonly 'bundle-sha256'?: string;
  readonly drain: boolean;
  readonly 'drain-timeout'?: string;
  readonly kubeconfig?: string;
  readonly 'migrate-runtime': boolean;
  readonly region?: string;
}

/** @throws EdgeadmError USAGE with every mistake */
export function upgradeSpec(flags: ParsedFlags): UpgradeSpec {
  const mistakes: string[] = [];
  for (const name of ['target-version', 'kubelet-version'] as const) {
    const version = flags[name];
    if (version !== undefined && !/^v?\d+\.\d+\.\d+([-+][\w.-]+)?$/.test(version))
      mistakes.push(`--${name}: "${version}" is not a version such as 1.20.3`);
  }
  if (flags.region !== undefined && !REGION.test(flags.region))
    mistakes.push(`--region: "${flags.region}" is not a region such as cn-hangzhou`);
  const drainTimeoutMs =
    durationOf(flags['drain-timeout'], '--drain-timeout', (mistake) => mistakes.push(mistake)) ?? DRAIN_TIMEOUT_MS;
  const hub = hubRequest(flags, (mistake) => mistakes.push(mistake));
  if (mistakes.length > 0) throw usageError(mistakes);
  return {
    targetVersion: flags['target-version'],
    kubeletVersion: flags['kubelet-version'],
    bundle: flags.bundle,
    bundleSha256: flags['bundle-sha256'],
    drain: flags.drain,
    drainTimeoutMs,
    drainPolicy: drainPolicyOf(flags),
    // A node is not allowed to evict its pods.
    kubeconfig: flags.drain ? requireKubeconfig(flags.kubeconfig) : optionalKubeconfig(flags.kubeconfig),
    migrateRuntime: flags['migrate-runtime'],
    hub,
  };
}

/** The hub that the flags request; mistakes go to `refuse`. */
export function hubRequest(flags: HubFlags, refuse: Refuse): HubRequest {
  const { 'edge-hub-as': as, 'edge-hub-image': image, 'edge-hub-program': program, 'edge-hub-version': given } = flags;
  if (image !== undefined) {
    const refusal = refuseImage(image);
    if (refusal) refuse(`--edge-hub-image: ${refusal}`);
    for (const flag of ['edge-hub-program', 'edge-hub-version'] as const)
      if (flags[flag] !== undefined) refuse(`--edge-hub-image and --${flag} cannot be used together`);
    if (as === 'service') refuse('--edge-hub-image and --edge-hub-as service cannot be used together');
  }
  if (as === 'pod' && (program ?? given) !== undefined)
    refuse('--edge-hub-as pod needs an image: --edge-hub-image IMAGE, or a bundle that has one');
  if (given !== undefined && !HUB_VERSION.pattern.test(given)) refuse(`--edge-hub-version: ${HUB_VERSION.rule}`);
  return {
    edgeHubAs: as,
    edgeHubImage: image,
    edgeHubProgram: program,
    edgeHubVersion: given?.replace(/^v?/, 'v'),
  };
}
