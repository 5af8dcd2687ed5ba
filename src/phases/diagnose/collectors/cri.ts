import { isDenied } from '../../../host/failures.ts';
import type { OperatingSystem } from '../../../host/host-facts.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { WINDOWS_PATHS } from '../../../host/windows/paths.ts';
import { CriClient } from '../../../kubernetes/cri/index.ts';
import { runtimeSocketIn } from '../../../kubernetes/node-files.ts';
import type { CollectContext, Collected, Collector } from '../collector.ts';
import type { CollectedFacts } from '../facts.ts';

interface Runtime {
  readonly socket: string;
  readonly unit: string;
}

const CONTAINERD: Runtime = { socket: PATHS.containerd.socket, unit: PATHS.containerd.unit };
const ON_WINDOWS: Runtime = { socket: WINDOWS_PATHS.sockets.containerd, unit: PATHS.containerd.unit };
/** If neither flags nor configuration name one. */
const USUAL: Readonly<Record<OperatingSystem, Runtime>> = { linux: CONTAINERD, windows: ON_WINDOWS, other: CONTAINERD };
/** Up to Kubernetes 1.23 the kubelet itself speaks CRI for docker. */
const DOCKER: Runtime = { socket: PATHS.docker.dockershim.socket, unit: PATHS.docker.unit };

/** What the container runtime lists, through CRI: crictl is not needed. */
export const criLists: Collector = {
  name: 'cri/lists',
  run: async (context) => {
    if (!context.host.runsPrograms) return { files: [] };
    const runtime = await runtimeOf(context);
    try {
      return await listsOf(context, runtime);
    } catch (error) {
      context.signal.throwIfAborted();
      if (isDenied(error)) throw error;
      const detail = (error as Error).message;
      const answers = runtime === DOCKER && (await dockerAnswers(context));
      return {
        files: [{ path: 'cri/lists.failed.txt', text: `${detail}\n` }],
        facts: { runtime: { answers, detail, unit: runtime.unit } },
      };
    }
  },
};

async function listsOf({ host, signal }: CollectContext, { socket, unit }: Runtime): Promise<Collected> {
  const client = await CriClient.connect(host, socket, { timeoutMs: 5000, signal });
  try {
    const [conditions, pods, containers, images] = await Promise.all([
      client.conditions(),
      client.podSandboxes(),
      client.containers(),
      client.images(),
    ]);
    const { version } = client;
    const names = images.flatMap(({ tags, digests }) => [...tags, ...digests]);
    const network = conditions.find(({ type }) => type === 'NetworkReady');
    const runtime: CollectedFacts['runtime'] = {
      answers: true,
      detail: `${version.name} ${version.version}`,
      unit,
      images: names,
      ...(network && { network: { ready: network.status, detail: `${network.reason} ${network.message}`.trim() } }),
    };
    const lists = Object.entries({ version, conditions, pods, containers, images });
    const files = lists.map(([name, value]) => ({
      path: `cri/${name}.json`,
      text: `${JSON.stringify(value, null, 2)}\n`,
    }));
    return { files, facts: { runtime } };
  } finally {
    client.close();
  }
}

/** The kubelet's own word on it: flags up to Kubernetes 1.26, a key of its configuration since. */
async function runtimeOf({ host }: CollectContext): Promise<Runtime> {
  const flags = (await host.read(PATHS.kubelet.flags).catch(() => undefined)) ?? '';
  const flag = /--container-runtime-endpoint=(?:unix:\/\/)?(\/[^\s"]+)/.exec(flags)?.[1];
  if (flag) return named(flag);
  if (/--container-runtime=docker/.test(flags)) return DOCKER;
  const text = await host.read(PATHS.kubelet.configuration).catch(() => undefined);
  const socket = runtimeSocketIn(text);
  if (socket) return named(socket);
  // That flag went with dockershim; kubeadm named every runtime but docker.
  const byDocker = /--network-plugin=/.test(flags) && (await host.stat(PATHS.docker.socket)) !== undefined;
  return byDocker ? DOCKER : USUAL[(await host.facts()).platform];
}

function named(socket: string): Runtime {
  if (/crio/.test(socket)) return { socket, unit: PATHS.crio.unit };
  return { socket, unit: /docker/.test(socket) ? DOCKER.unit : CONTAINERD.unit };
}

async function dockerAnswers({ host, signal }: CollectContext): Promise<boolean> {
  try {
    (await host.connect({ socket: PATHS.docker.socket }, { timeoutMs: 3000, signal })).destroy();
    return true;
  } catch {
    return false;
  }
}
