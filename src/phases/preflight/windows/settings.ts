import { posix } from 'node:path';
import { PATHS } from '../../../host/node-paths.ts';
import { toNativePath, WINDOWS_PATHS } from '../../../host/windows/paths.ts';
import { numberIn, parseKey } from '../../../host/windows/registry.ts';
import { powershellQuoted } from '../../../lib/shell-quotes.ts';
import { type Check, fail, pass } from '../check.ts';
import { judgeClock } from '../checks/time-sync.ts';
import type { ReadOnlyHost } from '../read-only-host.ts';

const FILE_SYSTEM = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\FileSystem';
/** Those of this machine, and those of a group policy. Source: the policy "Path Exclusions" of Microsoft Defender */
const EXCLUSIONS = ['Microsoft', 'Policies\\Microsoft'].map(
  (folder) => `HKLM\\SOFTWARE\\${folder}\\Windows Defender\\Exclusions\\Paths`,
);
/** What containerd and the kubelet run and write. */
const EXCLUDED = [
  WINDOWS_PATHS.containerd.programs,
  posix.dirname(WINDOWS_PATHS.containerd.data),
  posix.dirname(WINDOWS_PATHS.kubelet.program),
  PATHS.kubelet.directory,
];

export const windowsTime: Check = {
  name: 'TimeSync',
  concerns: 'node',
  severity: 'error',
  about:
    "The node's clock differs by at most 5 minutes from the API server's (a warning above 5 seconds), and the Windows Time service (W32Time) synchronizes it, unless `selfHostNtpServer` is set.",
  remedy: 'Synchronize the clock: `Start-Service W32Time`, `w32tm /resync`.',
  needs: ['APIServer'],
  run: (context) =>
    judgeClock(context, async (host) => (await host.unit('W32Time')).active, {
      found: 'the Windows Time service is not running',
    }),
};

export const longPaths: Check = {
  name: 'LongPaths',
  concerns: 'node',
  severity: 'warning',
  about: 'Windows allows paths of more than 260 characters (LongPathsEnabled): volumes of pods can have them.',
  remedy: `Allow them: \`reg add ${FILE_SYSTEM} /v LongPathsEnabled /t REG_DWORD /d 1 /f\`.`,
  run: async ({ host }) => {
    const key = await keyOf(host, FILE_SYSTEM);
    return numberIn(key, 'LongPathsEnabled') === 1 ? pass() : fail('LongPathsEnabled is not 1');
  },
};

export const defender: Check = {
  name: 'Antivirus',
  concerns: 'node',
  severity: 'warning',
  about:
    'Microsoft Defender, if it runs, excludes the programs and the data of containerd and the kubelet: scans of layers make pods start late, and hold files open. Other scanners are not known to edgeadm.',
  // On the usual drive, for a table of the documentation.
  remedy: excluding(EXCLUDED.map((path) => toNativePath(path, 'C:'))),
  run: async ({ host, spec }) => {
    if (!(await host.unit('WinDefend')).active) return pass('Microsoft Defender is not running');
    const keys = await Promise.all(EXCLUSIONS.map((key) => keyOf(host, key)));
    const excluded = keys.flatMap((key) => [...(key?.keys() ?? [])]).map((path) => path.toLowerCase());
    const wanted = [...EXCLUDED, ...(spec.runtimeRootDir ? [spec.runtimeRootDir] : [])];
    const scanned = wanted
      .map((path) => host.nativePath(path))
      .filter((path) => !excluded.some((each) => isIn(path.toLowerCase(), each)));
    if (scanned.length === 0) return pass();
    return fail(`it scans ${scanned.join(', ')}`, { remedy: excluding(scanned) });
  },
};

function excluding(paths: readonly string[]): string {
  return `Exclude them: \`Add-MpPreference -ExclusionPath ${paths.map(powershellQuoted).join(', ')}\`.`;
}

function isIn(path: string, folder: string): boolean {
  return `${path}\\`.startsWith(`${folder.replace(/\\$/, '')}\\`);
}

async function keyOf(host: Pick<ReadOnlyHost, 'query'>, key: string) {
  const { exitCode, stdout } = await host.query('reg.exe', ['query', key]);
  return exitCode === 0 ? parseKey(stdout) : undefined;
}
