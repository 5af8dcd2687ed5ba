import { Flags } from '@oclif/core';
import type { Intent } from '../../cluster-upgrade/intent.ts';
import { inOrder } from '../../cluster-upgrade/plan/batches.ts';
import { nowSeconds, type PlanSpec } from '../../cluster-upgrade/plan/plan.ts';
import { planSpec } from '../../cluster-upgrade/plan/spec.ts';
import { UPGRADE_CHECKS } from '../../cluster-upgrade/precheck/checks.ts';
import { progressOf } from '../../cluster-upgrade/status.ts';
import { closest } from '../../lib/closest.ts';
import { count } from '../../lib/count.ts';
import { DRAIN_TIMEOUT_MS, type DrainFlags, drainFlags, drainPolicyOf } from '../drain-flags.ts';
import { durationOf, nodeFlags, repeatable } from '../flags.ts';
import { upgradeFlags } from '../upgrade/flags.ts';
import { currentUser, executorFlag } from './follow.ts';
import { batchesText } from './text.ts';
import { noWaitMistakes, watchFlag } from './verbs.ts';

/** What is to be upgraded, and how. */
export const startFlags = {
  'target-version': upgradeFlags['target-version'],
  ...executorFlag,
  image: Flags.string({ helpValue: 'IMAGE', description: 'upgrade image that the Jobs run' }),
  bundle: Flags.string({
    helpValue: 'DIR|TGZ|URL',
    description:
      'bundle to install: a URL that nodes can reach, or with --executor ssh a local folder; default: the one in the image',
  }),
  'bundle-sha256': upgradeFlags['bundle-sha256'],
  selector: Flags.string({ char: 'l', helpValue: 'SELECTOR', description: 'only nodes with these labels' }),
  nodepool: Flags.string({ helpValue: 'NAME', description: 'only nodes of this pool' }),
  drain: Flags.boolean({
    default: false,
    description: 'evict the pods of each node first, respecting PodDisruptionBudgets',
  }),
  'drain-timeout': upgradeFlags['drain-timeout'],
  ...drainFlags,
  report: Flags.string({ helpValue: 'FILE', description: 'write the pre-upgrade check report as an HTML page' }),
  'ignore-preflight-errors': Flags.string({
    ...repeatable,
    helpValue: 'CHECKS',
    description: 'continue despite errors of these checks (names, comma-separated; or all)',
  }),
  'wait-offline': Flags.boolean({
    default: false,
    description: 'wait for offline nodes to come back, and upgrade them',
  }),
  ...watchFlag,
  'dry-run': nodeFlags['dry-run'],
  yes: nodeFlags.yes,
};

interface StartFlags extends DrainFlags {
  readonly 'target-version'?: string;
  readonly executor?: 'job' | 'ssh';
  readonly image?: string;
  readonly bundle?: string;
  readonly 'bundle-sha256'?: string;
  readonly selector?: string;
  readonly nodepool?: string;
  readonly drain: boolean;
  readonly 'drain-timeout'?: string;
  readonly 'wait-offline': boolean;
  readonly wait?: boolean;
  readonly 'ignore-preflight-errors'?: readonly string[];
}

/**
 * @param cluster version of the API server
 * @param runs false for a plan that is only shown: it needs no image
 * @throws EdgeadmError USAGE with every mistake
 */
export function specOf(flags: StartFlags, cluster: string, runs = true): PlanSpec {
  const { executor = 'job', image, bundle, selector, nodepool, drain } = flags;
  const mistakes = [
    ...unknownUpgradeChecks(flags['ignore-preflight-errors'] ?? []),
    ...noWaitMistakes(executor, flags.wait),
  ];
  const drainTimeoutMs =
    durationOf(flags['drain-timeout'], '--drain-timeout', (mistake) => mistakes.push(mistake)) ?? DRAIN_TIMEOUT_MS;
  const request = {
    targetVersion: flags['target-version'],
    executor,
    image,
    bundle,
    bundleSha256: flags['bundle-sha256'],
    drain,
    drainTimeoutMs,
    drainPolicy: drainPolicyOf(flags),
    waitOffline: flags['wait-offline'],
    selector,
    nodepool,
    startedBy: currentUser(),
  };
  return planSpec(request, cluster, { runs, mistakes });
}

function unknownUpgradeChecks(given: readonly string[]): string[] {
  const known = new Map(UPGRADE_CHECKS.map(({ name }) => [name.toLowerCase(), name]));
  return given
    .flatMap((names) => names.split(','))
    .filter((name) => name !== '' && name.toLowerCase() !== 'all' && !known.has(name.toLowerCase()))
    .map((name) => {
      const meant = known.get(closest(name.toLowerCase(), [...known.keys()]) ?? '');
      const hint = meant ? `did you mean ${meant}?` : '`edgeadm explain checks` lists them';
      return `--ignore-preflight-errors: unknown check ${name}; ${hint}`;
    });
}

/** The plan for people: lines with their ends. */
export function planText({ plan, chosen }: Intent): string {
  const { nextBatches } = progressOf(plan, nowSeconds());
  const { targetVersion } = plan.spec;
  return [
    plan.nodes.length === 0
      ? `Every node is already at ${targetVersion}.`
      : `${count('node', plan.nodes.length)} to ${targetVersion}, in ${batchesText(nextBatches)}.`,
    chosen.there.length > 0 && plan.nodes.length > 0
      ? `${chosen.there.length} ${chosen.there.length === 1 ? 'node is' : 'nodes are'} already at the target version.`
      : '',
    chosen.leftOut.length > 0 ? `Skipped (control plane, or not Linux): ${chosen.leftOut.join(', ')}.` : '',
  ]
    .filter(Boolean)
    .map((line) => `${line}\n`)
    .join('');
}

/** A node with its batch, if nothing goes wrong. */
export interface PlannedNode {
  readonly node: string;
  readonly nodePool: string;
  readonly from: string;
  readonly to: string;
  readonly batch: number;
}

/** Every node that an upgrade would upgrade, in order. */
export function plannedNodes({ plan }: Intent): PlannedNode[] {
  const { nextBatches } = progressOf(plan, nowSeconds());
  const batches = nextBatches.flatMap((size, index) => Array<number>(size).fill(index + 1));
  return inOrder(plan.nodes).map(({ name, pool, from }, index) => ({
    node: name,
    nodePool: pool,
    from,
    to: plan.spec.targetVersion,
    batch: batches[index] ?? 0,
  }));
}
