import { memoize } from '../../lib/memoize.ts';
import { atQuestion } from '../../lib/stopwatch.ts';
import type { CommandResult } from '../../output/renderer.ts';
import type { ConversionSpec, NodeOptions } from '../../phases/convert/context.ts';
import { convert } from '../../phases/convert/convert.ts';
import { revert } from '../../phases/convert/revert.ts';
import { confirm, refuseUnanswerable } from '../confirmation.ts';
import type { HostOutcome } from '../hosts.ts';
import { type CommandHost, runOnNodes, type SessionRun, withSession } from '../node-runner.ts';
import type { NodeFlags } from '../target-options.ts';

type Result = Omit<CommandResult, 'command'>;

/** Milliseconds for the roll-back of a conversion that its time limit ends: the kubelet has to become ready again. */
const ROLL_BACK_MS = 300_000;

/** Converts every target, after one question for all of them. */
export function runConvert(spec: ConversionSpec, flags: NodeFlags, host: CommandHost): Promise<Result> {
  const question = (what: string): string =>
    `Convert ${what} to an edge node? The kubelet restarts, pods keep running.`;
  return runAsked({ name: 'convert', flags, question }, host, async (run, options) => {
    const { changed, ...data } = await convert({ ...options, spec, bundles: run.bundles });
    const { nodeName, edgeHub } = data;
    if (run.dryRun) return { outcome: 'planned', data };
    return {
      outcome: changed ? 'converted' : 'unchanged',
      data,
      verdict: (took) =>
        changed
          ? `${nodeName} was converted in ${took}: its kubelet uses ${edgeHub}`
          : `${nodeName} is already converted; nothing changed (${took})`,
      next:
        run.targets.length > 1 ? 'kubectl get nodes' : `kubectl get node ${nodeName}   # to roll back: edgeadm revert`,
    };
  });
}

/** Reverts every target, after one question for all of them. */
export function runRevert(flags: NodeFlags, host: CommandHost): Promise<Result> {
  const question = (what: string): string =>
    `Revert ${what}: remove the edge-hub and restart the kubelet? Offline, the pods no longer survive a restart`;
  return runAsked({ name: 'revert', flags, question }, host, async (run, options) => {
    const { nodeName = run.label, changed } = await revert(options);
    if (run.dryRun) return { outcome: changed ? 'planned' : 'never converted', data: { nodeName } };
    return {
      outcome: changed ? 'reverted' : 'never converted',
      data: { nodeName },
      verdict: (took) =>
        changed
          ? `${nodeName} was reverted in ${took}: its kubelet uses the API server`
          : `${nodeName} is not converted: there is nothing to revert`,
    };
  });
}

interface Asked {
  readonly name: string;
  readonly flags: NodeFlags;
  readonly question: (what: string) => string;
}

/** Several hosts are confirmed with one answer, and only if one of them is to be changed. */
function runAsked(
  { name, flags, question }: Asked,
  host: CommandHost,
  work: (run: SessionRun, options: NodeOptions) => Promise<HostOutcome>,
): Promise<Result> {
  const unattended = !flags.host && !flags.inventory;
  return runOnNodes({ name, flags, limits: { cleanUpMs: ROLL_BACK_MS } }, host, async (command) => {
    const { output, signal, targets, dryRun } = command;
    const labels = targets.map(({ label }) => label);
    const several = labels.length > 1 ? `${labels.length} hosts (${labels.join(', ')})` : undefined;
    const options = { output, signal, yes: flags.yes || dryRun, unattended, argv: host.argv };
    refuseUnanswerable(question(several ?? labels[0] ?? ''), options);
    const ask = (what: string): Promise<void> => confirm(question(what), options);
    const once = several === undefined ? undefined : memoize(() => ask(several));
    return {
      onNode: withSession((run) => work(run, { ...run, confirm: (node) => atQuestion(once ?? (() => ask(node))) })),
    };
  });
}
