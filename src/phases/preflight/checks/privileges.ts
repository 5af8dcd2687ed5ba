import { type Check, fail, pass, skip } from '../check.ts';

export const isPrivilegedUser: Check = {
  name: 'IsPrivilegedUser',
  concerns: 'node',
  severity: 'error',
  about: 'edgeadm runs as root on the node (user id 0); a scratch root needs no root.',
  remedy: 'Run edgeadm as root or with sudo, or try it on a scratch root with `--root DIR`.',
  run: async ({ host }) => {
    if (!host.runsPrograms) return skip('a scratch root needs no root');
    const { uid } = await host.facts();
    return uid === 0 ? pass() : fail(`the user id is ${uid}`, { code: 'NOT_PRIVILEGED' });
  },
};
