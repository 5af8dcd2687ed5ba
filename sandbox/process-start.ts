import { readFileSync } from 'node:fs';

/**
 * When a process of this machine was started: which boot, and field 22 of proc_pid_stat(5). With the process id it
 * names one process forever; the id alone is given to others. Undefined if there is no such process, or no /proc.
 */
export function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may hold blanks and parentheses.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks && `${boot} ${ticks}`;
  } catch {
    return undefined;
  }
}
