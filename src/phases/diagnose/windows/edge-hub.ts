import { WINDOWS_HUB } from '../../../edge-hub/windows-service.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { HUB_HEALTH } from '../../join/install-edgehub.ts';
import type { Collector } from '../collector.ts';
import { healthOf } from '../collectors/health.ts';

/** What the service control manager notes of a service that it starts and stops. */
const LOG_LINES = 20;

export const windowsHubState: Collector = {
  name: 'edge-hub/state',
  run: async (context) => {
    const { host } = context;
    const state = await host.unit(PATHS.edgeHub.unit);
    if (!state.exists) return { files: [{ path: 'edge-hub/state.txt', text: 'no edge-hub is set up\n' }] };
    const [health, log] = await Promise.all([
      healthOf(context, HUB_HEALTH),
      host.unitLog(PATHS.edgeHub.unit, LOG_LINES),
    ]);
    const manifest = `service ${WINDOWS_HUB}`;
    const detail = `the service ${WINDOWS_HUB} is ${state.detail}`;
    return {
      files: [
        { path: 'edge-hub/state.txt', text: `${detail}: ${health.detail}\n` },
        { path: 'edge-hub/events.txt', text: `${log}\n` },
      ],
      // At boot the service of the kubelet starts it, which needs it.
      facts: { hub: { manifest, image: undefined, service: { enabled: true, detail }, ...health }, hubLog: log },
    };
  },
};
