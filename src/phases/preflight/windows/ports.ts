import type { Host } from '../../../host/host.ts';
import { type Check, fail, pass } from '../check.ts';
import { ownState } from '../own-state.ts';

const PORTS = [
  { port: 10250, purpose: "the kubelet's API" },
  { port: 10255, purpose: "the kubelet's read-only API" },
  { port: 10248, purpose: "the kubelet's health endpoint" },
];
const CONNECT_TIMEOUT_MS = 2000;

/** `Port-10250` and so on. Who listens is learned by a connection: lists of Windows are translated. */
export const windowsPorts: readonly Check[] = PORTS.map(({ port, purpose }) => ({
  name: `Port-${port}`,
  concerns: 'node',
  severity: 'error',
  about: `TCP port ${port} is free for ${purpose}, or used by the kubelet of an earlier join.`,
  remedy: `Stop the program that listens on this port: \`Get-NetTCPConnection -LocalPort ${port} -State Listen\` names its process.`,
  run: async (context) => {
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
