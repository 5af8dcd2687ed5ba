import type { PhaseTools } from '../../../workflow/phase.ts';
import { nodeCredentials } from '../../node-credentials.ts';
import { stopHubService, stopKubelet } from '../../reset/teardown/kubelet.ts';
import { markNotReady } from '../../reset/teardown/not-ready.ts';
import { networksBefore, removeHnsNetworks } from '../../reset/windows/networks.ts';
import { removeWindowsPods } from '../../reset/windows/pods.ts';
import type { JoinContext } from '../context.ts';

/** What a kubelet did and the journal does not know: pods, networks, and a Node object that says it is Ready. */
export async function rollBackWindowsKubelet({ host, node, log, signal }: JoinContext & PhaseTools): Promise<void> {
  await stopKubelet(host);
  await stopHubService(host);
  const credentials = await nodeCredentials(host);
  if (credentials) await markNotReady(host, credentials, { log, signal, ofRollBack: true });
  await removeWindowsPods(host, await node.criSocket(), { log, signal, force: true });
  await removeHnsNetworks(
    host,
    log,
    networksBefore((key) => node.journal.choice(key)),
  );
}
