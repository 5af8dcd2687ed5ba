import { hubServiceMark } from '../../edge-hub/service-mark.ts';
import type { Phase } from '../../workflow/phase.ts';
import type { UpgradeContext } from './context.ts';
import { waitUntilHealthy } from './node-health.ts';

export const verifyNode: Phase<UpgradeContext> = {
  name: 'verify',
  title: 'Verify the node',
  run: async (context) => {
    const { versions, fromDocker, underWay, changesHub, hubAfter, client, nodeName, log, wet, signal } = context;
    log.info('Checking kubelet, edgehub and pods');
    const runtime = fromDocker ? 'containerd' : undefined;
    await waitUntilHealthy(
      { ...context, runtime },
      versions.to,
      underWay()?.pods ?? [],
      changesHub ? hubAfter?.image : undefined,
    );
    if (changesHub && wet) {
      const metadata = { annotations: hubServiceMark(hubAfter) };
      await client.patch(`/api/v1/nodes/${nodeName}`, { metadata }, { signal });
    }
    if (wet) log.info('The node is Ready, and the pods that ran before are running again.');
  },
};
