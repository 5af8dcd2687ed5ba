import { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { Machine } from '../../src/host/machine.ts';
import { PATHS } from '../../src/host/node-paths.ts';
import { HubTraffic } from './hub-traffic.ts';
import { KubeletFault, readKubeconfig } from './kubelet-settings.ts';
import type { NodePorts, ServedPort } from './ports.ts';

/** What a pretended container is started with. */
export interface ContainerStart {
  readonly files: Pick<Machine, 'readFile' | 'stat' | 'list'>;
  readonly ports: NodePorts;
  /** Command and arguments, `$(NAME)` replaced. */
  readonly words: readonly string[];
  /** Of the kubelet that starts it; a service is started without one. */
  readonly nodeName?: string;
}

/** A program that was started in a static pod or as a service. */
export interface RunningContainer {
  stop(): Promise<void>;
}

/** Where a hub of that program looks unless its flags say otherwise. */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'edge-hub': {},
  yurthub: {
    'root-dir': PATHS.edgeHub.openYurtDirectory,
    kubeconfig: `${PATHS.edgeHub.openYurtDirectory}/yurthub.conf`,
  },
};
const PORTS = { 'proxy-port': '10261', 'serve-port': '10267' };
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'host'];

export function isEdgeHub(words: readonly string[]): boolean {
  return DEFAULTS[programOf(words)] !== undefined;
}

/**
 * A pretended edge-hub: reads its flags and the certificate that was made for it, and speaks to the API
 * server as the node. It keeps no cache.
 * @throws KubeletFault with what a hub would log before it exits
 */
export async function startEdgeHub(start: ContainerStart): Promise<RunningContainer> {
  const program = programOf(start.words);
  const flags: Record<string, string | undefined> = {
    ...PORTS,
    ...DEFAULTS[program],
    ...flagsOf(start.words.slice(1)),
  };
  const connection = await readKubeconfig(start.files, flags.kubeconfig);
  await checkFiles(start, program, flags, connection);
  const agent = new Agent({ keepAlive: true, ca: connection.ca, cert: connection.cert, key: connection.key });
  const server = new URL(connection.servers[0] ?? '');
  const counts = { requests: 0 };
  const traffic = new HubTraffic(program);
  const served: ServedPort[] = [];
  const stop = async (): Promise<void> => {
    for (const port of served) await port.close();
    agent.destroy();
  };
  try {
    served.push(
      await start.ports.serve(Number(flags['proxy-port']), (incoming, outgoing) => {
        counts.requests += 1;
        forward(incoming, outgoing, { server, agent, traffic });
      }),
    );
    served.push(
      await start.ports.serve(Number(flags['serve-port']), (incoming, outgoing) =>
        answer(incoming, outgoing, counts, traffic),
      ),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

function programOf(words: readonly string[]): string {
  return words[0]?.split('/').at(-1) ?? '';
}

function flagsOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.flatMap((word) => {
      const [, name, value = 'true'] = /^--?([\w-]+)(?:=(.*))?$/.exec(word) ?? [];
      return name === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** What a hub finds out at its start: who it is, whom it may trust, and for yurthub whether it can serve at all. */
async function checkFiles(
  { files, nodeName: expected }: ContainerStart,
  program: string,
  flags: Readonly<Record<string, string | undefined>>,
  { cert = '', ca = '' }: { readonly cert?: string; readonly ca?: string },
): Promise<void> {
  const nodeName = expected ?? flags['node-name'];
  if (flags['node-name'] !== nodeName)
    throw new KubeletFault(`--node-name is ${flags['node-name']}, but the node is named ${nodeName}`);
  const certificate = new X509Certificate(cert);
  const name = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  if (name !== `system:node:${nodeName}`)
    throw new KubeletFault(`the client certificate is for ${name}, not for system:node:${nodeName}`);
  if (!certificate.verify(new X509Certificate(ca).publicKey))
    throw new KubeletFault('x509: the client certificate is signed by an unknown authority');
  if (certificate.validToDate.getTime() < Date.now())
    throw new KubeletFault(`the client certificate has expired on ${certificate.validTo}`);
  const serving = `${flags['root-dir']}/pki/${program}-server-current.pem`;
  if (program === 'yurthub' && !(await files.readFile(serving)))
    throw new KubeletFault(`failed to run yurthub, could not get server certificate: ${serving} does not exist`);
}

function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { server, agent, traffic }: { readonly server: URL; readonly agent: Agent; readonly traffic: HubTraffic },
): void {
  const headers = { ...incoming.headers };
  for (const name of HOP_BY_HOP) delete headers[name];
  const upstream = request(new URL(incoming.url ?? '/', server), { method: incoming.method, headers, agent });
  upstream.on('response', (response) => {
    const answered = { ...response.headers };
    for (const name of HOP_BY_HOP) delete answered[name];
    outgoing.writeHead(response.statusCode ?? 502, answered);
    outgoing.flushHeaders();
    response.on('data', (chunk: Buffer) => traffic.count(incoming, chunk.length));
    response.pipe(outgoing);
  });
  upstream.on('error', (error) => {
    if (!outgoing.headersSent) outgoing.writeHead(502, { 'Content-Type': 'text/plain' });
    outgoing.end(`edge-hub: ${error.message}\n`);
  });
  outgoing.on('close', () => upstream.destroy());
  incoming.pipe(upstream);
}

function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  counts: { requests: number },
  traffic: HubTraffic,
): void {
  if (incoming.url === '/v1/healthz' || incoming.url === '/v1/readyz') outgoing.end('OK');
  else if (incoming.url === '/metrics') {
    outgoing.setHeader('Content-Type', 'text/plain; version=0.0.4');
    outgoing.end(
      `# TYPE edge_hub_proxied_requests_total counter\nedge_hub_proxied_requests_total ${counts.requests}\n${traffic.metrics()}`,
    );
  } else outgoing.writeHead(404).end();
}
