import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { findTopics, TOPICS, type Topic } from '../cli/explain/topics.ts';
import { listFlag } from '../cli/flags.ts';
import { rowLines, terminalColumns } from '../output/columns.ts';
import { table } from '../output/table.ts';

export default class Explain extends BaseCommand {
  static override summary = 'Explain an error code, a check or a phase: what it means and what to do.';
  static override description =
    'Without a name it lists all error codes; `checks` and `phases` list the others. The same lists are in docs/errors.md, docs/preflight.md and docs/cluster-upgrade-checks.md.';
  static override examples = [
    '<%= config.bin %> explain TOKEN_INVALID',
    '<%= config.bin %> explain KernelSupported',
    '<%= config.bin %> explain checks',
  ];
  static override args = { code: Args.string({ description: 'error code, check, phase; or codes, checks, phases' }) };
  static override flags = listFlag;

  async run(): Promise<void> {
    const { args } = await this.parse(Explain);
    const name = args.code ?? 'codes';
    const kind = TOPICS[name.toLowerCase()];
    if (kind) return this.#list(kind());
    const topics = findTopics(name);
    const text = topics.map((topic) => `${topic.name} (${topic.note})\n\n${explanation(topic)}\n`).join('\n');
    await this.show({ data: topics[0]?.data, text, names: topics.map((topic) => `${topic.kind}/${topic.name}`) });
  }

  #list(topics: readonly Topic[]): Promise<void> {
    return this.show({
      data: topics.map(({ data }) => data),
      text: table(topics.map(({ row }) => row)),
      names: topics.map(({ kind, name }) => `${kind}/${name}`),
    });
  }
}

function explanation({ facts }: Topic): string {
  const rows = Object.entries(facts).map(([title, text]) => [`${title}:`, text]);
  const left = Math.max(...rows.map(([title = '']) => title.length));
  return rowLines(rows, [left, terminalColumns() - left - 2], 2).join('\n');
}
