import { PATHS } from '../../../host/node-paths.ts';
import { dialingAgent, HttpError, type HttpLimits, MAX_RESPONSE_BYTES, openRequest } from '../../../http/index.ts';
import { serverIn } from '../../../kubernetes/kubeconfig/parse.ts';
import type { CollectContext, Collector } from '../collector.ts';
import type { CollectedFacts } from '../facts.ts';
import { HUB_LAYOUTS, hubFile } from './edge-hub.ts';

/** Less time than a collector has, whose facts would be lost. */
const LIMITS: HttpLimits = { maxBytes: MAX_RESPONSE_BYTES.probe, totalMs: 8000 };

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

/** The kubelet of an edge node speaks to its hub, and the hub to any of its configured API servers. */
async function serversOf(context: CollectContext): Promise<string[]> {
  const servers = new Set<string>();
  const add = (server: string | undefined): void => {
    if (server?.startsWith('https:') && URL.canParse(server)) servers.add(new URL(server).origin);
  };
  for (const path of new Set([PATHS.kubelet.kubeconfig, ...HUB_LAYOUTS.map(({ kubeconfigPath }) => kubeconfigPath)])) {
    add(serverIn(await context.host.read(path)));
  }
  const flag = /--server-addr=([^\s"']+)/.exec((await hubFile(context))?.text ?? '')?.[1];
  for (const server of flag?.split(',') ?? []) add(server);
  return [...servers];
}

/** No credential goes over this connection and nothing it says is trusted: any answer shows that the way is open. */
async function ask({ host, signal }: CollectContext, server: string): Promise<CollectedFacts['apiServers'][number]> {
  let open = false;
  const agent = dialingAgent({ rejectUnauthorized: false }, async (address, options) => {
    const socket = await host.connect(address, options);
    open = true;
    return socket;
  });
  try {
    const url = new URL('/version', server);
    const { status, headers, close } = await openRequest({ url, agent, limits: LIMITS, signal, redirects: true });
    close();
    const { now } = await host.clock();
    const time = Date.parse(headers.date ?? '');
    const date = Number.isNaN(time) ? undefined : time;
    const differenceMs = date === undefined ? undefined : now - date;
    return { server, answers: true, detail: `HTTP ${status}`, date, differenceMs };
  } catch (error) {
    signal.throwIfAborted();
    const silent = open && error instanceof HttpError && error.kind === 'timeout';
    const detail = silent ? 'the port is open, but there is no answer' : (error as Error).message;
    return { server, answers: false, detail };
  } finally {
    agent.destroy();
  }
}
