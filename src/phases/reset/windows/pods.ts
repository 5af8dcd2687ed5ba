import type { Host } from '../../../host/host.ts';
import { PATHS } from '../../../host/node-paths.ts';
import { CriClient } from '../../../kubernetes/cri/index.ts';
import { type RemovalTools, removeThrough } from '../teardown/pods.ts';

const ANSWER_TIMEOUT_MS = 5000;

/** Stops and removes every pod, if the runtime runs. The kubelet must be stopped. */
export async function removeWindowsPods(host: Host, socket: string, tools: RemovalTools): Promise<void> {
  if (!(await host.unit(PATHS.containerd.unit)).active) return;
  const { signal, log } = tools;
  const client = await CriClient.connect(host, socket, { timeoutMs: ANSWER_TIMEOUT_MS, signal }).catch(
    (error: Error) => {
      signal?.throwIfAborted();
      log.warning(`Pods were not removed: ${error.message}`);
      return undefined;
    },
  );
  if (client) await removeThrough(client, host, tools).finally(() => client.close());
}
