import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { edgeHubLayouts } from '../../../kubernetes/edge-hub.ts';
import { KUBELET_KUBECONFIG } from '../../../kubernetes/kubeconfig-file.ts';
import { lenientYaml } from '../../../lib/lenient-yaml.ts';
import type { CollectContext, Collector } from '../collector.ts';
import type { Facts } from '../facts.ts';

interface Kubeconfig {
  readonly clusters?: { readonly cluster?: { readonly server?: string } }[];
}

/** Whether the API servers answer the node, and what time they have. */
export const apiServers: Collector = {
  name: 'network/api-servers',
  run: async (context) => {
    const servers = await serversOf(context);
    const answers = await Promise.all(servers.map((server) => ask(context, server)));
    const text = answers.map(({ server, detail }) => `${server}: ${detail}\n`).join('');
    return { files: [{ path: 'network/api-servers.txt', text }], facts: { apiServers: answers } };
  },
};

/** The kubelet of an edge node speaks to its hub, and the hub to the API server. */
async function serversOf({ host }: CollectContext): Promise<string[]> {
  const hubs = [...edgeHubLayouts('ack'), ...edgeHubLayouts('openyurt')].map(({ kubeconfigPath }) => kubeconfigPath);
  const servers = new Set<string>();
  for (const path of [KUBELET_KUBECONFIG, ...hubs]) {
    const { clusters } = lenientYaml<Kubeconfig>(await host.read(path));
    const server = clusters?.[0]?.cluster?.server;
    if (server?.startsWith('https:') && URL.canParse(server)) servers.add(new URL(server).origin);
  }
  return [...servers];
}

async function ask({ host, signal }: CollectContext, server: string): Promise<Facts['apiServers'][number]> {
  const { hostname, port } = new URL(server);
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) };
  try {
    const socket = await host.connect(address, { timeoutMs: 5000, signal });
    const { status, date } = await getVersion(socket, server, signal);
    const { now } = await host.clock();
    const differenceMs = date === undefined ? undefined : now - date;
    return { server, answers: true, detail: `HTTP ${status}`, differenceMs };
  } catch (error) {
    signal.throwIfAborted();
    return { server, answers: false, detail: (error as Error).message };
  }
}

/** No credential goes over this connection and nothing it says is trusted: any answer shows that the way is open. */
function getVersion(
  socket: Duplex,
  server: string,
  signal: AbortSignal,
): Promise<{ status: number; date: number | undefined }> {
  return new Promise((resolve, reject) => {
    const secured = connect({ socket, rejectUnauthorized: false });
    secured.on('error', reject);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(5000)]);
    const headers = { Connection: 'close' };
    const outgoing = request(
      `${server}/version`,
      { headers, signal: limit, createConnection: () => secured },
      (answer) => {
        const date = Date.parse(answer.headers.date ?? '');
        answer.resume();
        answer.on('end', () => secured.destroy());
        resolve({ status: answer.statusCode ?? 0, date: Number.isNaN(date) ? undefined : date });
      },
    );
    outgoing.on('error', reject).end();
  });
}
