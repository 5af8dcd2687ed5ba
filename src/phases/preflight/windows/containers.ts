import { rebootPending, stateOfContainers } from '../../../kubernetes/windows/feature.ts';
import { type Check, fail, pass } from '../check.ts';

export const containersFeature: Check = {
  name: 'ContainersFeature',
  concerns: 'node',
  severity: 'error',
  about:
    'The Containers feature of Windows is enabled. If it is not, that is a warning: the join enables it, and continues after a reboot.',
  remedy: 'Enable it and reboot: `Install-WindowsFeature Containers`, `Restart-Computer`.',
  needs: ['IsPrivilegedUser'],
  run: async ({ host }) => {
    const state = await stateOfContainers(host);
    if (state === 'enabled') return pass();
    if (state === 'unknown') return fail('DISM does not know the feature Containers, or does not answer');
    if (state === 'pending')
      return fail('it takes effect with the next reboot', {
        code: 'REBOOT_NEEDED',
        remedy: 'Reboot (`Restart-Computer`), then run the same command again.',
      });
    return fail('it is disabled: the join enables it, and the machine must be rebooted after that', {
      severity: 'warning',
      remedy: 'No action is needed before the join.',
    });
  },
};

export const pendingReboot: Check = {
  name: 'PendingReboot',
  concerns: 'node',
  severity: 'warning',
  about: 'No update or feature of Windows waits for a reboot.',
  remedy: 'Reboot the machine before the join: `Restart-Computer`.',
  run: async ({ host }) => {
    const waiting = await rebootPending(host);
    return waiting.length === 0 ? pass() : fail(`${waiting.join(', ')} waits for a reboot`);
  },
};
