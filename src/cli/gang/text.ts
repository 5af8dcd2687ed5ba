import { table } from '../../output/table.ts';
import type { GangGroup } from '../../phases/gang/groups.ts';

/** One line a group, then what is wrong with it. */
export function gangTable(groups: readonly GangGroup[]): string {
  const rows = groups.map(({ namespace, group, minAvailable, pods, scheduled, problems }) => ({
    namespace,
    group,
    'min available': minAvailable ?? '-',
    pods,
    scheduled,
    result: problems.length > 0 ? 'failed' : 'ok',
  }));
  const lines = groups.flatMap(({ namespace, group, problems }) =>
    problems.map((problem) => `${namespace}/${group}: ${problem}.\n`),
  );
  return `${table(rows) || 'No pod is labelled as part of a group.\n'}${lines.length > 0 ? `\n${lines.join('')}` : ''}`;
}
