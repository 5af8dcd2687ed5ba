import { NodeHost } from '../../host/node-host.ts';
import { count } from '../../lib/count.ts';
import type { CommandResult } from '../../output/renderer.ts';
import { table } from '../../output/table.ts';
import { drill } from '../../phases/drill/drill.ts';
import { drillByReboot } from '../../phases/drill/reboot.ts';
import { type DrillReport, refuseFaults } from '../../phases/drill/report.ts';
import type { DrillSpec } from '../../phases/drill/scene.ts';
import { confirm, refuseUnanswerable } from '../confirmation.ts';
import type { HostOutcome } from '../hosts.ts';
import { type CommandHost, runOnNodes, withSession } from '../node-runner.ts';
import type { NodeFlags } from '../target-options.ts';

/** Milliseconds for the network to be restored when the time limit of the command is over. */
const CLEAN_UP_MS = 30_000;

/** Drills every target, each after its own question; the reports are in the result also where the drill failed. */
export async function runDrill(
  spec: DrillSpec,
  flags: NodeFlags,
  host: CommandHost,
): Promise<Omit<CommandResult, 'command'>> {
  const reports = new Map<string, DrillReport>();
  const command = { name: 'node drill', flags, limits: { cleanUpMs: CLEAN_UP_MS } };
  const result = await runOnNodes(command, host, async ({ output, signal, dryRun }) => {
    const options = { output, signal, yes: (flags.yes && spec.cut !== 'manual') || dryRun, argv: host.argv };
    // The run after the boot asks nothing.
    if (!spec.reboot) refuseUnanswerable('Cut the node off from its API server and restart its pods?', options);
    return {
      onNode: withSession(async (run) => {
        const { session } = run;
        const host = new NodeHost(session.machine, undefined, session.journal);
        const ask = (question: string) => confirm(question, options);
        const request = { ...run, host, plain: session.plain, spec, confirm: ask };
        const report = await (spec.reboot ? drillByReboot(request) : drill(request));
        if (!report) return { outcome: 'planned' };
        if ('rebootsFor' in report) return rebooting(report);
        reports.set(run.label, report);
        refuseFaults(report, session.journal);
        const { nodeName, pods, limit } = report;
        const last = Math.max(...pods.map(({ backAfter = 0 }) => backAfter));
        return {
          outcome: 'passed',
          verdict: (took) =>
            `${nodeName} passed the drill in ${took}: ${count('pod', pods.length)} back after ${last} s (limit ${limit} s)`,
        };
      }),
    };
  });
  const hosts = result.hosts.map((each) => ({
    ...each,
    data: reports.has(each.host) ? { ...reports.get(each.host) } : each.data,
  }));
  return { ...result, hosts, text: [...reports.values()].map(reportText).join('\n') || undefined };
}

function rebooting({ rebootsFor, seconds }: { readonly rebootsFor: string; readonly seconds: number }): HostOutcome {
  return {
    outcome: 'reboots',
    data: { nodeName: rebootsFor, restoredAfter: seconds },
    verdict: () => `${rebootsFor} reboots, and is cut off from its API server for at most ${seconds} s after the boot`,
    next: 'edgeadm node drill --reboot   # once it has booted: it judges the pods and restores the network',
  };
}

function reportText({ nodeName, cutOffFrom, pods, flannelMac, newFlannelMac }: DrillReport): string {
  const rows = pods.map(({ pod, backAfter, address, newAddress }) => ({
    pod,
    'back after': backAfter === undefined ? 'not back' : `${backAfter} s`,
    address: newAddress === undefined ? (address ?? 'of the node') : `${address}, now ${newAddress}`,
  }));
  const mac =
    flannelMac === undefined ? [] : [`flannel.1: ${flannelMac}${newFlannelMac ? `, now ${newFlannelMac}` : ''}\n`];
  return [`${nodeName}, cut off from ${cutOffFrom.join(', ')}\n`, table(rows), ...mac].join('');
}
