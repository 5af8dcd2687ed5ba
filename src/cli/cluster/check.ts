import type { CloudCheck } from '../../cloud/actions/checks.ts';
import type { CloudCluster } from '../../cloud/actions/clusters.ts';
import { type ReportRow, type Result, type UpgradeReport, worstOf } from '../../cluster-upgrade/precheck/report.ts';

type Item = Readonly<Record<string, unknown>>;

/**
 * A check of the service as the report that `cluster upgrade` shows. The keys of an item are not documented: those of
 * the items of a diagnosis, and the words of the report in the guide, are understood.
 */
export function reportOfCheck(check: CloudCheck, cluster: CloudCluster, targetVersion: string): UpgradeReport {
  const rows = Object.entries(check.checkItems ?? {}).flatMap(([group, items]) =>
    (items ?? []).map((item) => rowOf(group, item)),
  );
  return {
    cluster: `${cluster.name} (${cluster.clusterId})`,
    clusterVersion: cluster.currentVersion ?? cluster.initVersion ?? 'unknown',
    targetVersion,
    started: check.createdAt ?? new Date().toISOString(),
    result: worstOf(rows.map(({ result }) => result)),
    rows,
  };
}

function rowOf(group: string, item: Item): ReportRow {
  const said = textOf(item, 'level', 'result', 'status', 'state', 'severity') ?? passedOf(item);
  const result = resultOf(said);
  const reason = textOf(item, 'message', 'reason', 'desc', 'description', 'detail', 'display') ?? `reported: ${said}`;
  const object = textOf(item, 'value', 'object', 'target', 'resource');
  const problem = result !== 'normal';
  return {
    check: textOf(item, 'name', 'id', 'item', 'check') ?? group,
    ...(object !== undefined && { object }),
    result,
    reason,
    effect: problem ? (textOf(item, 'affect', 'effect', 'impact') ?? 'The service does not say.') : '',
    advice: problem ? (textOf(item, 'advise', 'advice', 'suggestion', 'solution', 'fix', 'refer') ?? NO_ADVICE) : '',
  };
}

const NO_ADVICE = 'See the report in the console of the container service.';

/** A word that is not known is shown as a warning: it may be one. */
function resultOf(said: string): Result {
  if (/err|fail|crit|fatal|abnormal|false/i.test(said)) return 'error';
  return /^(normal|pass(ed)?|success|succeeded|ok|info|true)$/i.test(said) ? 'normal' : 'warning';
}

function passedOf(item: Item): string {
  const passed = ['is_success', 'isSuccess', 'pass', 'passed', 'success'].map((key) => item[key]);
  return String(passed.find((value) => typeof value === 'boolean') ?? 'unknown');
}

/** The first of these keys that has a text. */
function textOf(item: Item, ...keys: readonly string[]): string | undefined {
  const values = keys.map((key) => item[key]).filter((value) => value !== undefined && value !== null && value !== '');
  const [value] = values;
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
