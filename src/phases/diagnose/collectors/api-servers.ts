import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { PATHS } from '../../../host/node-paths.ts';
import { lenientYaml } from '../../../lib/lenient-yaml.ts';
import type { CollectContext, Collector } from '../collector.ts';
import type { CollectedFacts } from '../facts.ts';
import { HUB_LAYOUTS, hubManifest } from './edge-hub.ts';

/** Milliseconds for an answer; less than a collector has, whose facts would be lost. */
const ANSWER_LIMIT_MS = 8000;

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

/** The kubelet of an edge node speaks to its hub, and the hub to any of the API servers that it is told. */
async function serversOf(context: CollectContext): Promise<string[]> {
  const servers = new Set<string>();
  const add = (server: string | undefined): void => {
    if (server?.startsWith('https:') && URL.canParse(server)) servers.add(new URL(server).origin);
  };
  for (const path of new Set([PATHS.kubelet.kubeconfig, ...HUB_LAYOUTS.map(({ kubeconfigPath }) => kubeconfigPath)])) {
    const { clusters } = lenientYaml<Kubeconfig>(await context.host.read(path));
    add(clusters?.[0]?.cluster?.server);
  }
  const flag = /--server-addr=([^\s"']+)/.exec((await hubManifest(context))?.text ?? '')?.[1];
  for (const server of flag?.split(',') ?? []) add(server);
  return [...servers];
}

async function ask({ host, signal }: CollectContext, server: string): Promise<CollectedFacts['apiServers'][number]> {
  const { hostname, port } = new URL(server);
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) };
  const late = AbortSignal.timeout(ANSWER_LIMIT_MS);
  try {
    const socket = await host.connect(address, { timeoutMs: 5000, signal });
    const { status, date } = await getVersion(socket, server, AbortSignal.any([signal, late]));
    const { now } = await host.clock();
    const differenceMs = date === undefined ? undefined : now - date;
    return { server, answers: true, detail: `HTTP ${status}`, date, differenceMs };
  } catch (error) {
    signal.throwIfAborted();
    const detail = late.aborted ? 'the port is open, but there is no answer' : (error as Error).message;
    return { server, answers: false, detail };
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
    const headers = { Connection: 'close' };
    const outgoing = request(`${server}/version`, { headers, signal, createConnection: () => secured }, (answer) => {
      const date = Date.parse(answer.headers.date ?? '');
      answer.resume();
      answer.on('end', () => secured.destroy());
      resolve({ status: answer.statusCode ?? 0, date: Number.isNaN(date) ? undefined : date });
    });
    outgoing.on('error', reject).end();
  });
}
