import type { ProgramResult } from '../../src/host/machine.ts';

const SYSTEM = 'C:\\Windows\\System32\\';
const VERSION = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion';
const SERVICE = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\contract';
const RULES = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules';
const DEFINITION = ['binPath=', 'C:\\nowhere.exe --run', 'start=', 'auto', 'depend=', '/', 'DisplayName=', 'Contract'];
const RULE = ['dir=in', 'action=allow', 'protocol=TCP', 'localport=10250', 'profile=any'];

interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly exitCode: number;
  /** Lines of this shape are in what it prints. */
  readonly prints?: readonly RegExp[];
}

/** Runs a program of System32 by its full path. */
type Run = (file: string, args: readonly string[]) => Promise<ProgramResult>;

/**
 * What the programs of Windows answer, in this order. Exit codes are those of winerror.h, as sc.exe ends with them; the
 * rest is documented at https://learn.microsoft.com/windows-server/administration/windows-commands/windows-commands.
 */
const CALLS: readonly Call[] = [
  { program: 'hostname', args: [], exitCode: 0, prints: [/^WIN-EDGE1\r$/m] },
  {
    program: 'reg',
    args: ['query', VERSION],
    exitCode: 0,
    prints: [/^ {4}CurrentBuild {4}REG_SZ {4}17763\r$/m, /^ {4}UBR {4}REG_DWORD {4}0x115c\r$/m],
  },
  { program: 'reg', args: ['query', 'HKLM\\SOFTWARE\\Nothing'], exitCode: 1 },
  { program: 'reg', args: ['query', 'HKU\\S-1-5-19'], exitCode: 0 },
  { program: 'sc', args: ['query', 'contract'], exitCode: 1060 },
  { program: 'sc', args: ['config', 'contract', 'start=', 'demand'], exitCode: 1060 },
  { program: 'sc', args: ['create', 'contract', ...DEFINITION], exitCode: 0 },
  { program: 'sc', args: ['create', 'contract', ...DEFINITION], exitCode: 1073 },
  { program: 'sc', args: ['description', 'contract', 'Some words'], exitCode: 0 },
  { program: 'sc', args: ['failure', 'contract', 'reset=', '86400', 'actions=', 'restart/5000'], exitCode: 0 },
  { program: 'sc', args: ['failureflag', 'contract', '1'], exitCode: 0 },
  {
    program: 'sc',
    args: ['query', 'contract'],
    exitCode: 0,
    prints: [/^ +STATE +: 1 {2}STOPPED\r$/m, /^ +WIN32_EXIT_CODE +: 1077 /m],
  },
  {
    program: 'reg',
    args: ['query', SERVICE],
    exitCode: 0,
    prints: [
      /^ {4}ImagePath {4}REG_(EXPAND_)?SZ {4}C:\\nowhere\.exe --run\r$/m,
      /^ {4}Start {4}REG_DWORD {4}0x2\r$/m,
      /^ {4}DisplayName {4}REG_SZ {4}Contract\r$/m,
      /^ {4}Description {4}REG_SZ {4}Some words\r$/m,
    ],
  },
  { program: 'sc', args: ['stop', 'contract'], exitCode: 1062 },
  { program: 'sc', args: ['start', 'contract'], exitCode: 2 },
  { program: 'sc', args: ['config', 'contract', 'start=', 'demand'], exitCode: 0 },
  { program: 'reg', args: ['query', SERVICE], exitCode: 0, prints: [/^ {4}Start {4}REG_DWORD {4}0x3\r$/m] },
  { program: 'sc', args: ['delete', 'contract'], exitCode: 0 },
  { program: 'sc', args: ['delete', 'contract'], exitCode: 1060 },
  { program: 'netsh', args: ['advfirewall', 'firewall', 'delete', 'rule', 'name=contract'], exitCode: 1 },
  { program: 'netsh', args: ['advfirewall', 'firewall', 'add', 'rule', 'name=contract', ...RULE], exitCode: 0 },
  {
    program: 'reg',
    args: ['query', RULES],
    exitCode: 0,
    prints: [/\|Action=Allow\|.*\|Protocol=6\|LPort=10250\|Name=contract\|/],
  },
  { program: 'netsh', args: ['advfirewall', 'firewall', 'delete', 'rule', 'name=contract'], exitCode: 0 },
  { program: 'schtasks', args: ['/query', '/tn', 'contract', '/xml'], exitCode: 1 },
  { program: 'schtasks', args: ['/delete', '/tn', 'contract', '/f'], exitCode: 1 },
  { program: 'icacls', args: ['C:\\nowhere', '/inheritance:r', '/grant:r', '*S-1-5-18:F'], exitCode: 2 },
  {
    program: 'dism',
    args: ['/English', '/Online', '/Get-FeatureInfo', '/FeatureName:Containers'],
    exitCode: 0,
    prints: [/^State : Enabled\r$/m],
  },
];

/** What differs from {@link CALLS}, a line each. */
export async function differences(run: Run): Promise<string[]> {
  const found: string[] = [];
  for (const { program, args, exitCode, prints = [] } of CALLS) {
    const result = await run(`${SYSTEM}${program}.exe`, args);
    const words = [program, ...args].join(' ');
    if (result.exitCode !== exitCode) found.push(`${words}: exit code ${result.exitCode}, expected ${exitCode}`);
    for (const shape of prints)
      if (!shape.test(result.stdout)) found.push(`${words}: ${shape} is not in ${JSON.stringify(result.stdout)}`);
  }
  return found;
}
