import { type Check, fail, pass } from '../check.ts';

export const isAdministrator: Check = {
  name: 'IsPrivilegedUser',
  concerns: 'node',
  severity: 'error',
  about: 'edgeadm runs as an elevated administrator (it can read the settings of the service accounts).',
  remedy: 'Open PowerShell with "Run as administrator" and run the command there.',
  run: async ({ host }) => {
    const { uid } = await host.facts();
    return uid === 0 ? pass() : fail('the user is not an elevated administrator', { code: 'NOT_PRIVILEGED' });
  },
};
