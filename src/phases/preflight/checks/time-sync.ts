import { describeClock } from '../../../kubernetes/api/cluster-info.ts';
import { type Check, type CheckResult, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';
import type { ReadOnlyHost } from '../read-only-host.ts';

/** The Date header has whole seconds, and slow links add to that. */
const WARN_MS = 5000;
/** kube-controller-manager dates a certificate back by this much: a clock further behind takes it for not yet valid. */
const FAIL_MS = 300_000;

export const timeSync: Check = {
  name: 'TimeSync',
  concerns: 'node',
  severity: 'error',
  about:
    "The node's clock differs by at most 5 minutes from the API server's (a warning above 5 seconds), and a time service synchronizes it, unless `selfHostNtpServer` is set.",
  remedy:
    'Set the clock (`chronyc makestep`, `timedatectl set-time`) and run chrony or systemd-timesyncd to keep it synchronized.',
  needs: ['APIServer'],
  run: (context) =>
    judgeClock(context, hasTimeService, {
      found: `no service keeps the clock of the node synchronized (${SERVICES.join(', ')})`,
      remedy: 'Start one of these services, or set `selfHostNtpServer: true` in the file given with `--config`.',
    }),
};

/** Compares the clock with that of the API server, then asks for what keeps it right, whatever that is on a platform. */
export async function judgeClock(
  { host, cluster, spec }: CheckContext,
  isSynchronized: (host: ReadOnlyHost) => Promise<boolean>,
  otherwise: { readonly found: string; readonly remedy?: string },
): Promise<CheckResult> {
  const { clockDifferenceMs: difference } = await cluster.firstAnswer();
  if (difference === undefined) return skip('the API server sent no Date header');
  const found = describeClock(difference);
  if (Math.abs(difference) > FAIL_MS) return fail(found);
  if (Math.abs(difference) > WARN_MS) return fail(found, { severity: 'warning' });
  if (spec.selfHostNtpServer || !host.runsPrograms || (await isSynchronized(host))) return pass(found);
  return fail(`${found}, but ${otherwise.found}`, { severity: 'warning', remedy: otherwise.remedy });
}

const SERVICES = ['chronyd', 'chrony', 'systemd-timesyncd', 'ntpd', 'ntp', 'ntpsec', 'openntpd'];

/** One question for all; systemctl answers one line a unit. */
export const TIME_SERVICES_QUERY = ['systemctl', 'is-active', ...SERVICES.map((name) => `${name}.service`)] as const;

async function hasTimeService(host: ReadOnlyHost): Promise<boolean> {
  const [program, ...args] = TIME_SERVICES_QUERY;
  const { stdout } = await host.query(program, args);
  return stdout.split('\n').includes('active');
}
