import { CriClient } from '../../../kubernetes/cri/index.ts';
import { lenientYaml } from '../../../lib/lenient-yaml.ts';
import type { CollectContext, Collector } from '../collector.ts';

const DEFAULT_SOCKET = '/run/containerd/containerd.sock';

/** What the container runtime lists, through CRI: crictl is not needed. */
export const cri: Collector = {
  name: 'cri/lists',
  run: async (context) => {
    const { host, signal } = context;
    const socket = await socketOf(context);
    try {
      const client = await CriClient.connect(host, socket, { timeoutMs: 5000, signal });
      try {
        const [conditions, pods, containers, images] = await Promise.all([
          client.conditions(),
          client.podSandboxes(),
          client.containers(),
          client.images(),
        ]);
        const lists = { version: client.version, conditions, pods, containers, images };
        const { name, version } = client.version;
        const names = images.flatMap(({ tags, digests }) => [...tags, ...digests]);
        return {
          files: Object.entries(lists).map(([list, value]) => ({
            path: `cri/${list}.json`,
            text: `${JSON.stringify(value, null, 2)}\n`,
          })),
          facts: { runtime: { answers: true, detail: `${name} ${version}`, images: names } },
        };
      } finally {
        client.close();
      }
    } catch (error) {
      signal.throwIfAborted();
      const detail = (error as Error).message;
      return {
        files: [{ path: 'cri/lists.failed.txt', text: `${detail}\n` }],
        facts: { runtime: { answers: false, detail, images: [] } },
      };
    }
  },
};

/** The kubelet's own word on it: a flag up to Kubernetes 1.26, a key of its configuration since. */
async function socketOf({ host }: CollectContext): Promise<string> {
  const flags = (await host.read('/var/lib/kubelet/kubeadm-flags.env').catch(() => '')) ?? '';
  const flag = /--container-runtime-endpoint=(?:unix:\/\/)?(\/[^\s"]+)/.exec(flags)?.[1];
  if (flag) return flag;
  const text = await host.read('/var/lib/kubelet/config.yaml').catch(() => undefined);
  const { containerRuntimeEndpoint } = lenientYaml<{ containerRuntimeEndpoint: string }>(text);
  return containerRuntimeEndpoint?.replace(/^unix:\/\//, '') || DEFAULT_SOCKET;
}
