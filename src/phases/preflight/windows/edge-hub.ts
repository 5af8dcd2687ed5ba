import { type Check, fail, pass } from '../check.ts';
import { edgeHub } from '../checks/edge-hub.ts';
import type { CheckContext } from '../context.ts';

export const windowsHub: Check = {
  ...edgeHub,
  about: `An edge-hub runs on Windows only as a service, from a program of yours: neither the vendor nor OpenYurt publishes one for Windows. Without \`--edge-hub-program\` the kubelet talks to the API server directly, and does not work offline: a warning, unless \`--no-edge-hub\` says that it is intended. With it: ${edgeHub.about}`,
  run: async (context) => {
    const { spec, node } = context;
    const refused = refusedIn(spec);
    if (refused) return fail(refused, { code: 'USAGE', remedy: 'Name a program of yours: `--edge-hub-program FILE`.' });
    if (spec.edgeHub === false) return pass('none is requested');
    if (await node.edgeHub()) return edgeHub.run(context);
    return fail('none is requested: the kubelet speaks to the API server itself', {
      severity: 'warning',
      remedy: 'No action is needed; `--no-edge-hub` says that it is intended.',
    });
  },
};

function refusedIn({ edgeHubImage, edgeHubAs, edgeHubProgram }: CheckContext['spec']): string | undefined {
  if (edgeHubImage) return '--edge-hub-image: no image of an edge-hub for Windows is published';
  if (edgeHubAs === 'pod') return '--edge-hub-as pod: no image of an edge-hub for Windows is published';
  if (edgeHubAs === 'service' && !edgeHubProgram) return '--edge-hub-as service needs a program';
  return undefined;
}
