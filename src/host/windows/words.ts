/** No kubelet of Windows keeps its log elsewhere; its name has the time of its start. */
const KUBELET_LOG =
  'Get-ChildItem C:\\var\\log\\kubelet | Sort-Object LastWriteTime | Select-Object -Last 1 | Get-Content -Tail 50';
const EVENTS = 'Get-WinEvent -LogName System -MaxEvents 50';
/** To the end of the pipeline, be it of a command in backquotes. */
const PIPED = String.raw`(?: \| (?:"[^"]*"|[^;\x60"])*[^;\x60"\s])?`;

/** What a remedy of the catalogue adds, which is for both. */
const FOR_WINDOWS = / On Windows: [^\n]*| \(on Windows: [^)]*\)/g;

/** Commands of Linux in advice, and what does the same on Windows. */
const COMMANDS: readonly (readonly [RegExp, string])[] = [
  [/systemctl daemon-reload(?:; )?/g, ''],
  // The kubelet depends on it.
  [/systemctl restart yurthub(?:\.service)?/g, 'Restart-Service yurthub -Force'],
  [/systemctl restart ([\w-]+)(?:\.service)?/g, 'Restart-Service $1'],
  [/systemctl start ([\w-]+)(?:\.service)?/g, 'Start-Service $1'],
  [/systemctl (?:--no-pager )?status ([\w-]+)(?:\.service)?/g, 'Get-Service $1'],
  [new RegExp(`journalctl -u kubelet(?:\\.service)?${PIPED}`, 'g'), KUBELET_LOG],
  [new RegExp(`journalctl (?:-u [\\w-]+(?:\\.service)?|--dmesg)${PIPED}`, 'g'), EVENTS],
  [/\| grep (?=[\w"-])/g, '| Select-String '],
  [/timedatectl set-ntp true, then/g, 'Start-Service W32Time; w32tm /resync; then'],
  [/hostnamectl set-hostname NAME/g, 'Rename-Computer NAME'],
  // Without the suffix PowerShell takes it for Invoke-WebRequest.
  [/\bcurl -k/g, 'curl.exe -k'],
];

/** Folders of a node; others are those of the workstation, such as of a bundle. */
const PATH =
  /(?<![\w.:/\\-])\/(?:etc|opt\/cni|run|usr\/(?:local\/)?bin|var\/lib\/(?:cni|containerd|edgeadm|kubelet|yurthub)|var\/log)\/[^\s:,;'"`)]*/g;
const UNIT = /\b([\w-]+)\.service\b/g;

/**
 * Text of a phase that speaks of Linux, for the administrator of a Windows node: its commands, paths and names of services
 * as Windows has them.
 */
export function inWindowsWords(text: string, nativePath: (path: string) => string): string {
  return COMMANDS.reduce((words, [command, there]) => words.replace(command, there), inLinuxWords(text))
    .replace(PATH, nativePath)
    .replace(UNIT, 'service $1');
}

/** The same text for the administrator of another node. */
export function inLinuxWords(text: string): string {
  return text.replace(FOR_WINDOWS, '');
}
