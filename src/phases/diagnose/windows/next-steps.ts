import type { RULE_TEXTS } from '../rule-texts.ts';

/** What to do on Windows where the advice of a rule names programs of Linux. */
const NEXT_ON_WINDOWS: Readonly<Partial<Record<keyof typeof RULE_TEXTS, string>>> = {
  DiskFull: 'make room on the drive: Get-ChildItem C:\\ -Directory shows its folders',
  Hanging: 'Get-Service; Get-WinEvent -LogName System -MaxEvents 50; if nothing else helps, reboot',
  Clock: 'Start-Service W32Time; w32tm /resync; then Restart-Service kubelet',
  DamagedState: 'remove the file, then Restart-Service kubelet: it makes the file again',
  Runtime: 'Get-Service containerd; Get-WinEvent -LogName System -MaxEvents 50; Restart-Service containerd',
  Kubelet: 'look at the newest file in C:\\var\\log\\kubelet; Restart-Service kubelet',
  EdgeHub: 'Get-Service yurthub; Get-WinEvent -LogName System -MaxEvents 50; Restart-Service yurthub -Force',
  CNI: 'look at C:\\etc\\cni\\net.d; Restart-Service containerd',
};

export function nextOnWindows(rule: string, next: string): string {
  return (NEXT_ON_WINDOWS as Readonly<Record<string, string | undefined>>)[rule] ?? next;
}
