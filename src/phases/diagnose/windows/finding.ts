import { inWindowsWords } from '../../../host/windows/words.ts';
import type { Finding } from '../finding.ts';
import type { RULE_TEXTS } from '../rule-texts.ts';

type Words = Partial<Pick<Finding, 'what' | 'evidence' | 'next'>>;

const ROOM = { next: 'make room on the drive: Get-ChildItem C:\\ -Directory shows its folders' };
const EASE_ON_WINDOWS: readonly (readonly [RegExp, Words])[] = [
  [
    /MemoryPressure/,
    {
      next: 'find what uses the memory: Get-Process | Sort-Object WS | Select-Object -Last 10; kubectl top pods -A',
    },
  ],
  [
    /PIDPressure/,
    { next: 'find what makes processes: Get-Process | Group-Object Name | Sort-Object Count | Select-Object -Last 10' },
  ],
];

/** What a rule says on Windows if it is something else, not only another command. */
const ON_WINDOWS: Readonly<Partial<Record<keyof typeof RULE_TEXTS, Words | ((finding: Finding) => Words)>>> = {
  DiskFull: ROOM,
  Hanging: ({ what }) =>
    what.startsWith('systemd')
      ? {
          what: 'the service manager of Windows does not answer',
          evidence: 'sc.exe timed out',
          next: 'Get-Service; Get-WinEvent -LogName System -MaxEvents 50; if nothing else helps, reboot',
        }
      : {
          what: 'the system drive does not answer',
          evidence: 'reading its free space timed out',
          next: 'Get-Disk; Get-WinEvent -LogName System -MaxEvents 50; if nothing else helps, reboot',
        },
  DamagedState: { next: 'remove the file, then Restart-Service kubelet: it makes the file again' },
  Runtime: { next: 'Get-Service containerd; Get-WinEvent -LogName System -MaxEvents 50; Restart-Service containerd' },
  Kubelet: { next: 'look at the newest file in C:\\var\\log\\kubelet; Restart-Service kubelet' },
  Pressure: ({ what }) => EASE_ON_WINDOWS.find(([pressure]) => pressure.test(what))?.[1] ?? ROOM,
  EdgeHub: { next: 'Get-Service yurthub; Get-WinEvent -LogName System -MaxEvents 50; Restart-Service yurthub -Force' },
  CNI: { next: 'look at C:\\etc\\cni\\net.d; Restart-Service containerd' },
  Mount: ({ next }) =>
    next.includes('findmnt') ? { next: 'make the file system writable: Get-Disk; Get-Volume' } : {},
};

/** A finding of a Windows node, whose rule speaks of Linux. */
export function onWindows(finding: Finding, nativePath: (path: string) => string): Finding {
  const own = (ON_WINDOWS as Readonly<Record<string, Words | ((finding: Finding) => Words) | undefined>>)[finding.rule];
  const { what, evidence, next, ...rest } = { ...finding, ...(typeof own === 'function' ? own(finding) : own) };
  const words = (text: string): string => inWindowsWords(text, nativePath);
  return { ...rest, what: words(what), evidence: words(evidence), next: words(next) };
}
