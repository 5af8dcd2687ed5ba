import type { Host } from '../../host/host.ts';

/** `pending`: with the next reboot it is enabled. */
export type FeatureState = 'enabled' | 'disabled' | 'pending' | 'unknown';

/** DISM's answers in English, which `/English` requests. */
const STATES: Readonly<Record<string, FeatureState>> = {
  Enabled: 'enabled',
  'Enable Pending': 'pending',
  Disabled: 'disabled',
  'Disabled with Payload Removed': 'disabled',
  'Disable Pending': 'disabled',
};
const ONLINE = ['/English', '/Online'];
/** It looks through the whole image of the system. */
const DISM_TIMEOUT_MS = 600_000;
/** Of DISM: done, but only with a reboot. Source: winerror.h, ERROR_SUCCESS_REBOOT_REQUIRED */
const REBOOT_REQUIRED = 3010;

const WAITING = {
  'a feature of Windows':
    'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending',
  'an update': 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired',
} as const;

/** The Containers feature, without which Windows has no container networks and runs no containers. */
export async function stateOfContainers(host: Pick<Host, 'query'>): Promise<FeatureState> {
  const args = [...ONLINE, '/Get-FeatureInfo', '/FeatureName:Containers'];
  const { exitCode, stdout } = await host.query('dism.exe', args, { timeoutMs: DISM_TIMEOUT_MS });
  const state = /^State : (.+?)\s*$/m.exec(stdout)?.[1];
  return exitCode === 0 && state !== undefined ? (STATES[state] ?? 'unknown') : 'unknown';
}

/** @returns true if it takes effect only with a reboot */
export async function enableContainers(host: Pick<Host, 'run'>): Promise<boolean> {
  const args = [...ONLINE, '/Enable-Feature', '/FeatureName:Containers', '/All', '/NoRestart', '/Quiet'];
  const options = { accepted: [REBOOT_REQUIRED], timeoutMs: DISM_TIMEOUT_MS };
  return (await host.run('dism.exe', args, options)).exitCode === REBOOT_REQUIRED;
}

/** What waits for a reboot. */
export async function rebootPending(host: Pick<Host, 'query'>): Promise<string[]> {
  const asked = Object.entries(WAITING).map(async ([what, key]) => {
    const { exitCode } = await host.query('reg.exe', ['query', key]);
    return exitCode === 0 ? [what] : [];
  });
  return (await Promise.all(asked)).flat();
}
