import { PATHS } from '../../host/node-paths.ts';
import { podNetwork } from '../../host/pod-network.ts';
import type { PhaseTools } from '../../workflow/phase.ts';
import { nodeCredentials } from '../node-credentials.ts';
import { stopHubService, stopKubelet } from '../reset/teardown/kubelet.ts';
import { recordLinksBeforeJoin, removeNetwork } from '../reset/teardown/network.ts';
import { markNotReady } from '../reset/teardown/not-ready.ts';
import { removePods } from '../reset/teardown/pods.ts';
import { findRuntime } from '../reset/teardown/runtime.ts';
import { unmountKubeletVolumes } from '../reset/teardown/volumes.ts';
import type { JoinContext } from './context.ts';

/** What a kubelet did and the journal does not know: pods, mounts, links, and a Node object that says it is Ready. */
export async function rollBackKubelet({ host, node, log, signal }: JoinContext & PhaseTools): Promise<void> {
  if (!(await host.unit(PATHS.kubelet.unit)).exists) return;
  await stopKubelet(host);
  await stopHubService(host);
  const credentials = await nodeCredentials(host);
  const telling = credentials && markNotReady(host, credentials, { log, signal, ofRollBack: true });
  // It is awaited below; until then its failure must not count as an unhandled rejection.
  telling?.catch(() => {});
  const network = await podNetwork(host, node.journal);
  await removePods(host, await findRuntime(host, await node.criSocket()), { log, signal, force: true, network });
  await unmountKubeletVolumes(host, log);
  await removeNetwork(host, log, await recordLinksBeforeJoin(host), network);
  await telling;
}
