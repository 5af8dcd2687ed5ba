import type { Phase } from '../../workflow/phase.ts';
import type { UpgradeContext } from './context.ts';
import { newHubImage } from './edge-hub.ts';
import { waitUntilHealthy } from './node-health.ts';

export const verifyNode: Phase<UpgradeContext> = {
  name: 'verify',
  title: 'Verify the node',
  run: async (context) => {
    const { versions, fromDocker, underWay, log, wet } = context;
    log.info('Checking kubelet, edgehub and pods');
    const runtime = fromDocker ? 'containerd' : undefined;
    await waitUntilHealthy({ ...context, runtime }, versions.to, underWay()?.pods ?? [], newHubImage(context));
    if (wet) log.info('The node is Ready, and the pods that ran before are running again.');
  },
};
