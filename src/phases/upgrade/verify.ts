import type { Phase } from '../../workflow/phase.ts';
import type { UpgradeContext } from './context.ts';
import { waitUntilHealthy } from './node-health.ts';

export const verifyNode: Phase<UpgradeContext> = {
  name: 'verify',
  title: 'Verify the node',
  run: async (context) => {
    const { versions, fromDocker, underWay, changesHub, hubAfter, log, wet } = context;
    log.info('Checking kubelet, edgehub and pods');
    const runtime = fromDocker ? 'containerd' : undefined;
    await waitUntilHealthy(
      { ...context, runtime },
      versions.to,
      underWay()?.pods ?? [],
      changesHub ? hubAfter?.image : undefined,
    );
    if (wet) log.info('The node is Ready, and the pods that ran before are running again.');
  },
};
