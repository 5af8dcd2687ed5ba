import type { AskingHost } from '../asking-host.ts';
import { type Check, fail, pass } from '../check.ts';

export const selinux: Check = {
  name: 'SELinux',
  concerns: 'node',
  severity: 'warning',
  about: 'SELinux does not enforce: the edge-hub and Flannel keep files where its usual policy does not let them.',
  remedy: 'Run `setenforce 0` and set `SELINUX=permissive` in /etc/selinux/config, or write a policy.',
  run: async ({ host }) => ((await isEnforcing(host)) ? fail('SELinux is enforcing') : pass()),
};

async function isEnforcing(host: AskingHost): Promise<boolean> {
  const now = await host.read('/sys/fs/selinux/enforce');
  if (now !== undefined || host.runsPrograms) return now?.trim() === '1';
  return /^SELINUX=enforcing\s*$/m.test((await host.read('/etc/selinux/config')) ?? '');
}
