import type { NodeSession } from '../../host/node-session.ts';
import { redactValue } from '../../lib/redact.ts';
import type { Verdict } from '../preflight/check.ts';
import { checkNode } from './checks.ts';
import { cleanFile } from './clean-file.ts';
import { collect } from './collect.ts';
import type { CollectedFile, Collection, Collector } from './collector.ts';
import { COLLECTORS } from './collectors.ts';
import type { Facts } from './facts.ts';
import { type Finding, findings } from './rules.ts';
import { type JoinTimeline, lastJoin } from './timeline.ts';

/** What a diagnosis found; all of it is without secrets. */
export interface Diagnosis {
  readonly host: string;
  /** ISO 8601, the clock of the machine edgeadm runs on. */
  readonly time: string;
  readonly findings: readonly Finding[];
  readonly checks: readonly Verdict[];
  readonly collectors: readonly Omit<Collection, 'files' | 'facts'>[];
  readonly join?: JoinTimeline;
}

export interface DiagnoseOptions {
  readonly session: NodeSession;
  readonly label: string;
  readonly signal: AbortSignal;
  /** The log of joins over SSH, which lies where edgeadm ran. */
  readonly log?: string;
}

/**
 * Collects what tells about a node and judges it; nothing on the node is changed.
 * @throws only where the signal is aborted
 */
export async function diagnose(
  options: DiagnoseOptions,
): Promise<{ readonly diagnosis: Diagnosis; readonly files: readonly CollectedFile[] }> {
  const { session, label, signal, log } = options;
  let checks: readonly Verdict[] = [];
  const preflight: Collector = {
    name: 'preflight',
    run: async (context) => {
      checks = await checkNode(session.host, session.journal, context.signal);
      return { files: [{ path: 'preflight.json', text: `${JSON.stringify(checks, null, 2)}\n` }] };
    },
  };
  const collections = await collect(session.host, [preflight, ...COLLECTORS], { signal });
  const files = collections.flatMap((collection) => collection.files);
  const ownLog = files.find(({ path }) => path === 'edgeadm/log.txt')?.text;
  const join = lastJoin(log ? cleanFile(log) : '') ?? lastJoin(ownLog ?? '');
  const facts: Partial<Facts> = Object.assign({}, ...collections.map((collection) => collection.facts ?? {}));
  const diagnosis: Diagnosis = {
    host: label,
    time: new Date().toISOString(),
    findings: findings({ ...facts, join }).map(cleanFinding),
    checks: redactValue(checks) as Verdict[],
    collectors: collections.map(({ files: _, facts: __, ...rest }) => redactValue(rest) as typeof rest),
    ...(join && { join }),
  };
  return { diagnosis, files };
}

function cleanFinding(finding: Finding): Finding {
  const { what, evidence, next } = finding;
  return { ...finding, what: cleanFile(what), evidence: cleanFile(evidence), next: cleanFile(next) };
}
