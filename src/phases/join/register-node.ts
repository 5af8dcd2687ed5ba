import { PATHS } from '../../host/node-paths.ts';
import { isStarting, nodeToRegister } from '../../kubernetes/kubelet/registration.ts';
import { minorOf } from '../../kubernetes/version.ts';
import type { PhaseTools } from '../../workflow/phase.ts';
import type { JoinContext } from './context.ts';

/** A Node that takes longer gains nothing. */
const LIMIT_MS = 2000;

/**
 * Older kubelets report early only once, and before 1.21 they crash over a Node without a capacity.
 * @see https://github.com/kubernetes/kubernetes/issues/95188
 */
const FIRST_MINOR = 26;

/**
 * Creates the Node of a kubelet that starts. One that finds its Node reports Ready as soon as it is; one that has to
 * create it pauses before, and again until its CSINode is there: 0.25 s with kubelet 1.37.
 *
 * The kubelet does all of this by itself where it cannot be done here.
 */
export async function registerNode(context: JoinContext & PhaseTools): Promise<void> {
  const { host, node, credentials, log, signal, wet } = context;
  if (!wet || !host.runsPrograms) return;
  try {
    const version = await node.kubeletVersion();
    if (version === undefined || minorOf(version) < FIRST_MINOR) return;
    const [name, { arch }, client, words] = await Promise.all([
      node.name(),
      host.facts(),
      credentials.client(),
      commandLine(context),
    ]);
    const configuration = await host.read(PATHS.kubelet.configuration);
    const isOurs = words.includes(`--config=${PATHS.kubelet.configuration}`);
    const wanted = isOurs ? nodeToRegister(name, { words, configuration, arch }) : undefined;
    if (!client || !wanted) return log.debug('The Node is left for the kubelet to create.');
    const status = { conditions: [notYetReady(new Date().toISOString())] };
    await client.send('POST', '/api/v1/nodes', { body: { ...wanted, status }, timeoutMs: LIMIT_MS, signal });
  } catch (error) {
    signal.throwIfAborted();
    log.debug(`The Node is left for the kubelet to create: ${(error as Error).message}`);
  }
}

/** Without a condition Ready there is nothing that a kubelet could change early. */
function notYetReady(now: string): object {
  const times = { lastHeartbeatTime: now, lastTransitionTime: now };
  return {
    type: 'Ready',
    status: 'False',
    reason: 'KubeletNotReady',
    message: 'the kubelet has not reported yet',
    ...times,
  };
}

/** What the node's administrator added is in it, too, wherever that was written. */
async function commandLine({ host, waitFor }: JoinContext & PhaseTools): Promise<readonly string[]> {
  const { stdout } = await host.query('systemctl', ['show', PATHS.kubelet.unit, '--property=MainPID']);
  const pid = /MainPID=(\d+)/.exec(stdout)?.[1] ?? '0';
  if (pid === '0') return [];
  const words = await waitFor({
    what: 'the program of the kubelet to run',
    timeoutMs: 1000,
    intervalMs: [5, 50],
    probe: async () => {
      const found = ((await host.read(`/proc/${pid}/cmdline`)) ?? '').split('\0').filter(Boolean);
      return isStarting(found) ? { seen: found.join(' ') } : { done: found };
    },
  });
  return words ?? [];
}
