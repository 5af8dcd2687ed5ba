import type { Host } from '../../../host/host.ts';
import { type Check, fail, pass, skip } from '../check.ts';
import { NODE_PORTS } from '../checks/ports.ts';
import { ownState } from '../own-state.ts';

/** There is no tunnel agent on Windows. */
const PORTS = NODE_PORTS.filter(({ port }) => port !== 10266);
const CONNECT_TIMEOUT_MS = 2000;

/** `Port-10250` and so on. Who listens is learned by a connection: lists of Windows are translated. */
export const windowsPorts: readonly Check[] = PORTS.map(({ port, purpose, ofHub }) => ({
  name: `Port-${port}`,
  concerns: 'node',
  severity: 'error',
  about: `TCP port ${port} is free for ${purpose}, or used by a service that an earlier join of this node started.`,
  remedy: `Stop the program that listens on this port: \`Get-NetTCPConnection -LocalPort ${port} -State Listen\` names its process.`,
  run: async (context) => {
    if (ofHub && !(await context.node.edgeHub().catch(() => true))) return skip('no edge-hub is installed');
    if (!(await isTaken(context.host, port))) return pass();
    if ((await ownState(context)).rerun) return pass('used by the node itself, from the earlier join');
    return fail('another program listens on it');
  },
}));

async function isTaken(host: Pick<Host, 'connect'>, port: number): Promise<boolean> {
  return host.connect({ host: '127.0.0.1', port }, { timeoutMs: CONNECT_TIMEOUT_MS }).then(
    (connection) => {
      connection.destroy();
      return true;
    },
    () => false,
  );
}
