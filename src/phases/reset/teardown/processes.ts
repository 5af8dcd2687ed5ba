import type { Host } from '../../../host/host.ts';
import { PATHS } from '../../../host/node-paths.ts';
import type { PhaseLog } from '../../../workflow/events.ts';
import { outputOfList } from './output-of-list.ts';
import { unmountBelow } from './volumes.ts';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** The processes that hold pods: shims of containerd's namespace `k8s.io`. */
export async function podShims(host: Host): Promise<number[]> {
  return shimsIn(await processes(host)).map(({ pid }) => pid);
}

/**
 * Ends the pods of a runtime that does not answer any more: kills the shims and all that they started, and unmounts
 * what they leave behind.
 */
export async function killPods(host: Host, log: PhaseLog): Promise<void> {
  const all = await processes(host);
  const doomed = shimsIn(all).flatMap(({ pid }) => [pid, ...descendants(all, pid)]);
  if (doomed.length > 0) {
    log.warning(
      `The container runtime does not answer: killing ${doomed.length === 1 ? '1 process' : `${doomed.length} processes`} of pods.`,
    );
    await host.run('kill', ['-KILL', ...doomed.map(String)]).catch(() => {});
  }
  for (const folder of PATHS.containerd.podMounts) await unmountBelow(host, folder, log, { force: true });
}

async function processes(host: Host): Promise<Process[]> {
  return parseProcesses(await outputOfList(host, 'ps', ['-e', '-ww', '-o', 'pid=,ppid=,args=']));
}

/** Reads `ps -o pid=,ppid=,args=`. */
function parseProcesses(text: string): Process[] {
  return [...text.matchAll(/^ *(\d+) +(\d+) (.*)$/gm)].map(([, pid, parent, command = '']) => ({
    pid: Number(pid),
    parent: Number(parent),
    command,
  }));
}

function shimsIn(all: readonly Process[]): Process[] {
  return all.filter(({ command }) => /^\S*containerd-shim\S* .*-namespace k8s\.io( |$)/.test(command));
}

function descendants(all: readonly Process[], pid: number): number[] {
  return all.filter(({ parent }) => parent === pid).flatMap((child) => [child.pid, ...descendants(all, child.pid)]);
}
