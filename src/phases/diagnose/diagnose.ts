import type { OperatingSystem } from '../../host/host-facts.ts';
import { Journal } from '../../host/journal/journal.ts';
import type { Machine } from '../../host/machine.ts';
import { NodeHost } from '../../host/node-host.ts';
import { adviceForRoot } from '../../host/scratch-agent.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { memoize } from '../../lib/memoize.ts';
import type { Verdict } from '../preflight/check.ts';
import { runPreflightChecks } from './checks.ts';
import { cleanFile } from './clean-file.ts';
import { collect } from './collect.ts';
import type { CollectedFile, Collection, Collector } from './collector.ts';
import { cluster } from './collectors/cluster.ts';
import { membership } from './collectors/edgeadm.ts';
import { COLLECTORS } from './collectors.ts';
import type { CollectedFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { findings } from './rules.ts';
import { type JoinTimeline, lastJoin } from './timeline.ts';
import { WINDOWS_COLLECTORS } from './windows/collectors.ts';
import { onWindows } from './windows/finding.ts';

/** What a diagnosis found; all of it is without secrets. */
export interface Diagnosis {
  /** What users call it: `localhost`, `root@10.0.0.5`, the folder of a scratch root. */
  readonly host: string;
  /** Its own name, if known. */
  readonly node: string;
  /** Operating system, kernel and architecture. */
  readonly system?: string;
  /** ISO 8601, the clock of the machine edgeadm runs on. */
  readonly time: string;
  /** Version of edgeadm. */
  readonly version: string;
  readonly findings: readonly Finding[];
  readonly checks: readonly Verdict[];
  readonly collectors: readonly Omit<Collection, 'files' | 'facts'>[];
  readonly join?: JoinTimeline;
}

export interface DiagnoseOptions {
  readonly machine: Machine;
  readonly label: string;
  readonly version: string;
  readonly signal: AbortSignal;
  /** When all has to be collected; milliseconds as `performance.now()` counts them. */
  readonly until?: number;
  /** The log of joins over SSH or of a scratch root, which is on the machine where edgeadm ran. */
  readonly log?: string;
  /** The node's cluster, as its administrator; the collector asks as the node itself without it. */
  readonly admin?: ApiClient;
}

const ON_LINUX = { collectors: COLLECTORS, inItsWords: (finding: Finding): Finding => finding };
const BY_PLATFORM = {
  linux: ON_LINUX,
  windows: { collectors: WINDOWS_COLLECTORS, inItsWords: onWindows },
  other: ON_LINUX,
} as const;

/**
 * Collects what tells about a node and judges it; nothing on the node is changed.
 * @throws only if the signal is aborted
 */
export async function diagnose(
  options: DiagnoseOptions,
): Promise<{ readonly diagnosis: Diagnosis; readonly files: readonly CollectedFile[] }> {
  const { machine, label, version, log, admin } = options;
  const host = new NodeHost(machine);
  let checks: readonly Verdict[] = [];
  const preflight: Collector = {
    name: 'preflight',
    run: async (context) => {
      checks = await runPreflightChecks(host, Journal.empty(machine), context.signal);
      return { files: [{ path: 'preflight.json', text: `${JSON.stringify(checks, null, 2)}\n` }] };
    },
  };
  const journal = memoize(() => Journal.read(machine));
  const { collectors: own, inItsWords } = BY_PLATFORM[await platformOf(host)];
  const collectors = [preflight, membership(journal), cluster({ journal, admin }), ...own];
  const collections = await collect(host, collectors, options);
  const joinLog = log === undefined ? [] : [{ path: 'edgeadm/join-log.txt', text: cleanFile(log) }];
  const files = [...collections.flatMap((collection) => collection.files), ...joinLog];
  const logs = files.filter(({ path }) => /^edgeadm\/(?:join-)?log\.txt$/.test(path));
  const join = lastJoin(...logs.map(({ text }) => text));
  const hanging = collections.filter(({ outcome }) => outcome === 'slow').map(({ name }) => name);
  const facts: Partial<CollectedFacts> = Object.assign({ hanging }, ...collections.map(({ facts = {} }) => facts));
  const diagnosis: Diagnosis = {
    host: label,
    node: facts.system?.hostname || label,
    ...(facts.system && { system: facts.system.description }),
    time: new Date().toISOString(),
    version,
    findings: findings({ ...facts, join })
      .map((finding) => inItsWords(finding, (path) => host.nativePath(path)))
      .map((finding) => (host.runsPrograms ? finding : { ...finding, next: adviceForRoot(finding.next, machine.name) }))
      .map(cleanTexts),
    checks: checks.map(cleanTexts),
    collectors: collections.map(({ files: _, facts: __, ...rest }) => cleanTexts(rest)),
    ...(join && { join }),
  };
  return { diagnosis, files };
}

/** A machine that cannot say what it is is asked as Linux is: what it answers is evidence. */
async function platformOf(host: NodeHost): Promise<OperatingSystem> {
  return host.facts().then(
    ({ platform }) => platform,
    () => 'other',
  );
}

/** The same object without secrets; all that could hold one is a text right in it. */
function cleanTexts<T extends object>(value: T): T {
  const clean = Object.entries(value).map(([key, part]) => [key, typeof part === 'string' ? cleanFile(part) : part]);
  return Object.fromEntries(clean) as T;
}
