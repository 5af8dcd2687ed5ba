import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import { PATHS } from '../../host/node-paths.ts';
import { kubeletComplaints } from '../../kubernetes/kubelet/log.ts';
import { kubeletRemedy } from '../../kubernetes/kubelet/remedies.ts';

const LOOK_EVERY_MS = 1000;
/** Longer than one restart takes: kubeadm's own unit pauses for 10 s. */
const DOWN_LIMIT_MS = 12_000;
/** A kubelet that does not know a flag prints all of those it knows: 200 lines, and as many of stacks. */
const LOG_LINES = 600;

/** What the log of the node's kubelet says about its trouble; a kubelet of an earlier join had its own. */
export async function kubeletTrouble(host: Host): Promise<string> {
  const sinceOurStart = (await host.clock()).now - performance.now();
  const log =
    (await host.unitLog(PATHS.kubelet.unit, LOG_LINES, sinceOurStart)) ||
    (await host.unitLog(PATHS.kubelet.unit, LOG_LINES));
  return kubeletComplaints(log);
}

/**
 * For waits for what a kubelet brings about: fails as soon as it is clear that the kubelet does not stay up, which
 * systemd hides by starting it again and again.
 */
export function kubeletGuard(host: Host): () => Promise<void> {
  let last = performance.now();
  let downMs = 0;
  return async () => {
    const now = performance.now();
    if (now - last < LOOK_EVERY_MS) return;
    const state = await host.unit(PATHS.kubelet.unit).catch(() => undefined);
    if (state?.active === false) downMs += now - last;
    last = now;
    if (downMs < DOWN_LIMIT_MS) return;
    const trouble = await kubeletTrouble(host);
    throw new EdgeadmError({
      code: 'KUBELET_FAILED',
      what: 'the kubelet does not stay up',
      why: `${PATHS.kubelet.unit} is ${state?.detail}\n${trouble}`,
      next: kubeletRemedy(trouble, 'run the same command again'),
    });
  };
}
