import { type Check, fail, pass } from '../check.ts';
import type { ReadOnlyHost } from '../read-only-host.ts';

const CONFIGURATION = '/etc/selinux/config';
/** Where the policy for containers is, once its package is installed. */
const CONTAINER_POLICY = [
  '/var/lib/selinux/targeted/active/modules/200/container',
  '/usr/share/selinux/packages/container.pp.bz2',
  '/usr/share/selinux/packages/targeted/container.pp.bz2',
];

export const selinux: Check = {
  name: 'SELinux',
  concerns: 'node',
  severity: 'warning',
  about:
    'SELinux is not enforcing, now and after the next boot: its default policy does not allow the edge-hub and Flannel to write their files.',
  remedy: 'Run `setenforce 0` and set `SELINUX=permissive` in /etc/selinux/config, or add a policy.',
  run: async ({ host }) => {
    const now = (await host.read('/sys/fs/selinux/enforce'))?.trim();
    const atBoot = await enforcesAtBoot(host);
    if (now !== '1' && !(atBoot && (now === '0' || !host.runsPrograms))) return pass();
    const found =
      now === '0' ? 'SELinux is permissive now, but enforcing again after the next boot' : 'SELinux is enforcing';
    const remedy = now === '0' ? `Set \`SELINUX=permissive\` in ${CONFIGURATION}.` : undefined;
    if (await hasPolicy(host)) return fail(found, { remedy });
    return fail(`${found}, and the policy for containers (package container-selinux) is not installed`, {
      remedy:
        remedy ??
        'Install the policy (`dnf install container-selinux`), or run `setenforce 0` and set `SELINUX=permissive` in /etc/selinux/config.',
    });
  },
};

async function enforcesAtBoot(host: ReadOnlyHost): Promise<boolean> {
  const [text, commandLine] = await Promise.all([host.read(CONFIGURATION), host.read('/proc/cmdline')]);
  if (/\b(selinux=0|enforcing=0)\b/.test(commandLine ?? '')) return false;
  return /^\s*SELINUX=enforcing\s*$/m.test(text ?? '');
}

async function hasPolicy(host: ReadOnlyHost): Promise<boolean> {
  for (const path of CONTAINER_POLICY) if (await host.stat(path)) return true;
  return false;
}
