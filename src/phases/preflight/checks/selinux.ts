import type { AskingHost } from '../asking-host.ts';
import { type Check, fail, pass } from '../check.ts';

export const selinux: Check = {
  name: 'SELinux',
  concerns: 'node',
  severity: 'warning',
  about: 'SELinux is not enforcing: its default policy does not allow the edge-hub and Flannel to write their files.',
  remedy: 'Run `setenforce 0` and set `SELINUX=permissive` in /etc/selinux/config, or add a policy.',
  run: async ({ host }) => ((await isEnforcing(host)) ? fail('SELinux is enforcing') : pass()),
};

async function isEnforcing(host: AskingHost): Promise<boolean> {
  const now = await host.read('/sys/fs/selinux/enforce');
  if (now !== undefined || host.runsPrograms) return now?.trim() === '1';
  return /^SELINUX=enforcing\s*$/m.test((await host.read('/etc/selinux/config')) ?? '');
}
