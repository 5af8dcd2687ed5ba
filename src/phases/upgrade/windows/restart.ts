import { PATHS } from '../../../host/node-paths.ts';
import type { Phase, PhaseTools } from '../../../workflow/phase.ts';
import { VENDOR } from '../../vendor-messages.ts';
import type { UpgradeContext } from '../context.ts';

export const windowsRestart: Phase<UpgradeContext> = {
  name: 'restart',
  title: 'Start the new kubelet',
  run: async ({ host, restarted, log, wet }: UpgradeContext & PhaseTools) => {
    log.vendor(VENDOR.restartingKubelet);
    restarted.before = (await host.clock()).now;
    await host.applyUnit(PATHS.kubelet.unit, [PATHS.kubelet.configuration]);
    restarted.after = (await host.clock()).now;
    if (wet) log.vendor(VENDOR.kubeletRestarted);
  },
};
