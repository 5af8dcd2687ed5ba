import { BundleStore } from '../../artifacts/bundle-store.ts';
import { COMMAND_TIMEOUT_MS, joinDraft } from '../../config/join-spec.ts';
import type { JoinSpec } from '../../config/spec.ts';
import { EdgeadmError } from '../../errors/index.ts';
import type { Host } from '../../host/host.ts';
import type { JournalView } from '../../host/journal/record.ts';
import { formatDuration } from '../../lib/duration.ts';
import { timeLimit } from '../../lib/time-limit.ts';
import { nodeView } from '../join/node-view.ts';
import { type Check, type CheckResult, skip, type Verdict } from '../preflight/check.ts';
import { checksFor } from '../preflight/checks.ts';
import type { CheckContext } from '../preflight/context.ts';
import { judgeChecks } from '../preflight/run-checks.ts';

/** Those of preflight's checks that need neither a token nor a cluster, and that hold on a joined node too. */
const NAMES =
  /^(IsPrivilegedUser|NumCPU|Mem|Disk|Swap|Hostname|KernelFeature-.*|SystemVerification.*|Nameserver|SELinux|Firewall.*|PendingReboot|ContainersFeature|WindowsUpdates|LongPaths|Antivirus)$/;

/** Milliseconds for a check; less than a collector has, so that one that hangs does not cost the others. */
const CHECK_LIMIT_MS = 8000;

/** Runs preflight's checks of the node itself. */
export async function runPreflightChecks(host: Host, journal: JournalView, signal: AbortSignal): Promise<Verdict[]> {
  const draft = joinDraft([], { yes: false, timeoutMs: COMMAND_TIMEOUT_MS, compatMatrix: [] });
  const spec: JoinSpec = { ...draft, apiServers: [], token: '' };
  const silent = { info() {}, vendor() {}, warning() {}, debug() {}, progress() {} };
  const bundles = new BundleStore();
  const node = nodeView({ spec, host, journal, bundles, log: silent, signal });
  const checks = checksFor((await host.facts()).platform)
    .filter(({ name }) => NAMES.test(name))
    .map(withinLimit);
  try {
    return await judgeChecks({ spec, node, host, cluster: NO_CLUSTER, signal }, checks);
  } finally {
    await bundles.close();
  }
}

function withinLimit(check: Check): Check {
  const run = async (context: CheckContext): Promise<CheckResult> => {
    let endLimit = (): void => {};
    const late = new Promise<CheckResult>((resolve) => {
      const reason = `not ended within ${formatDuration(CHECK_LIMIT_MS)}`;
      endLimit = timeLimit(CHECK_LIMIT_MS, () => resolve(skip(reason)));
    });
    return Promise.race([check.run(context), late]).finally(() => endLimit());
  };
  return { ...check, needs: [], run };
}

/** A diagnosis has no token to ask a cluster with. */
const ask = (): Promise<never> =>
  Promise.reject(new EdgeadmError({ code: 'API_UNREACHABLE', what: 'a diagnosis does not ask the cluster' }));
const NO_CLUSTER: CheckContext['cluster'] = {
  firstAnswer: ask,
  verifyToken: ask,
  trusted: ask,
  version: ask,
  isSandbox: ask,
  networks: ask,
  kubeletConfiguration: ask,
  repeatedKeys: ask,
  missingTexts: ask,
  hasNodePool: ask,
  status: ask,
  node: ask,
};
