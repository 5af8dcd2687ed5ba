export type Edition = 'server-2019' | 'server-2022';

const VERSION = 'HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion';
const OPTIONS = 'HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\ProductOptions';
const FILE_SYSTEM = 'HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\FileSystem';
const SERVICES = 'HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services';
const RULES = `${SERVICES}\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules`;
/** How a service starts, as the registry has it. Source: winnt.h */
const DISABLED = '00000004';

/** What a Windows says of itself, as a file of the registry editor. */
export const EDITIONS: Readonly<Record<Edition, string>> = {
  'server-2019': registryOf(17763, '1809', 4444),
  'server-2022': registryOf(20348, '21H2', 2402),
};

function registryOf(build: number, release: string, revision: number): string {
  const year = build === 17763 ? 2019 : 2022;
  return file({
    [VERSION]: [
      `"CurrentBuild"="${build}"`,
      `"CurrentBuildNumber"="${build}"`,
      '"CurrentVersion"="6.3"',
      '"CurrentMajorVersionNumber"=dword:0000000a',
      '"CurrentMinorVersionNumber"=dword:00000000',
      `"ProductName"="Windows Server ${year} Datacenter"`,
      '"EditionID"="ServerDatacenter"',
      '"InstallationType"="Server Core"',
      `"ReleaseId"="${release}"`,
      `"UBR"=dword:${revision.toString(16).padStart(8, '0')}`,
    ],
    [OPTIONS]: ['"ProductType"="ServerNT"'],
    [FILE_SYSTEM]: ['"LongPathsEnabled"=dword:00000001'],
    // Windows has it whether there are rules or not.
    [RULES]: [],
  });
}

/** What a drive of wine has and takes from its own, and what of wine does not start. */
export interface Overrides {
  /** Programs that are taken from the drive, and not wine's own. */
  readonly replaced: readonly string[];
  /** Programs that there are not. */
  readonly removed: readonly string[];
  /** Services that do not start. */
  readonly stopped: readonly string[];
}

export function overridesOf({ replaced, removed, stopped }: Overrides): string {
  const lines = [
    ...replaced.map((name) => `"${name}.exe"="native,builtin"`),
    ...removed.map((name) => `"${name}.exe"=""`),
  ];
  const services = stopped.map((name) => [`${SERVICES}\\${name}`, [`"Start"=dword:${DISABLED}`]]);
  return file({ 'HKEY_CURRENT_USER\\Software\\Wine\\DllOverrides': lines, ...Object.fromEntries(services) });
}

function file(keys: Readonly<Record<string, readonly string[]>>): string {
  const parts = Object.entries(keys).map(([key, values]) => `[${key}]\r\n${values.join('\r\n')}\r\n`);
  return `Windows Registry Editor Version 5.00\r\n\r\n${parts.join('\r\n')}`;
}
