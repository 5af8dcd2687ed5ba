import { type Command, CommandHelp, Help, type Interfaces } from '@oclif/core';
import { nameWidth, rowLines } from '../output/columns.ts';
import { fold, widestOf, widthOf, wordsOf, wrap } from '../output/width.ts';
import { usageOf } from './usage.ts';

type Row = readonly (string | undefined)[];

/** oclif's own minimum: a narrower terminal is unreadable anyway. */
const LEAST_COLUMNS = 40;
/** Indent of a text that is below its name. */
const INDENT = 4;
/** Between a name and its text. */
const GAP = 2;

/** Words of a line for a shell: what is quoted stays whole, and a flag keeps what follows it. */
function piecesOf(line: string): readonly string[] {
  return line.match(/(?:--?[\w-]+ (?!-))?(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
}

/** Groups of flags in the order in which people need them; those of one command alone come before them all. */
const LAST_GROUPS = ['CLUSTER', 'NODE', 'SOFTWARE', 'EDGE-HUB', 'CONTAINER SERVICE', 'HOSTS', 'RUN', 'COMMON'];
/** Sections that come before arguments and flags, as in kubectl. */
const FIRST_SECTIONS = ['USAGE', 'DESCRIPTION', 'EXAMPLES'];

/** The values of an option, `<a|b|c>` or `(a|b|c)`, break between two of them if they do not fit in a line. */
function breakable(text: string, columns: number): string {
  return text.replace(/[(<]\S*\|\S*[)>]/g, (values) =>
    widthOf(values) > columns ? values.replaceAll('|', '| ') : values,
  );
}

/** Names with their texts beside them; below a name that would leave its text too little room. */
function renderRows(rows: readonly Row[], columns: number): string {
  const cells = rows.map(([name = '', text = '']) => [name, breakable(text, columns - GAP - INDENT)] as const);
  const names = cells.map(([name]) => name);
  const beside = Math.max(INDENT, nameWidth(names, columns));
  const widest = widestOf(cells.flatMap(([, text]) => wordsOf(text)));
  const left = beside + GAP + widest <= columns ? beside : INDENT;
  return rowLines(cells, [left, columns - GAP - left], GAP).join('\n');
}

/** The help of a command as oclif shows it, without lines that are wider than the terminal. */
class HelpOfCommand extends CommandHelp {
  override renderList(rows: Row[], { indentation }: { indentation: number }): string {
    return renderRows(rows, this.opts.maxWidth - indentation);
  }

  override wrap(text: string, spacing = this.indentSpacing): string {
    return wrap(this.render(text), this.opts.maxWidth - spacing);
  }

  protected override sections() {
    const place = (header: string): number => (FIRST_SECTIONS.indexOf(header) + 1 || Infinity) - 1;
    return super
      .sections()
      .sort((a, b) => (place(a.header) === place(b.header) ? 0 : place(a.header) - place(b.header)));
  }

  protected override groupFlags(flags: Command.Flag.Any[]) {
    const { mainFlags, flagGroups } = super.groupFlags(flags);
    const place = ([name]: readonly [string, unknown]): number => LAST_GROUPS.indexOf(name);
    const sorted = Object.entries(flagGroups).sort((a, b) => place(a) - place(b));
    return { mainFlags, flagGroups: Object.fromEntries(sorted) };
  }

  protected override usage(): string {
    return fold(usageOf(this.command).split(' '), this.opts.maxWidth - 2 * this.indentSpacing).join('\n  ');
  }

  /** Only the last argument can be given more than once; oclif takes all of them for such. */
  protected override args(args: Command.Arg.Any[]) {
    const rows = super.args(args);
    return rows?.map(([name, ...rest], i): (typeof rows)[number] =>
      i < rows.length - 1 ? [name.replace('...', ''), ...rest] : [name, ...rest],
    );
  }

  /** Without the summary: that is above everything else. */
  protected override description(): string | undefined {
    return this.command.description && this.wrap(this.command.description);
  }

  /** Lines to paste: no prompt before them, and what is too long continues as the shell reads on. */
  protected override examples(examples: Command.Example[] = []): string {
    const columns = this.opts.maxWidth - 2 * this.indentSpacing - ' \\'.length;
    // Each shell of Windows has another way.
    const broken = (line: string): string =>
      this.config.platform === 'win32' ? line : fold(piecesOf(line), columns).join(' \\\n  ');
    return examples
      .map((example) => broken(this.render(typeof example === 'string' ? example : example.command)))
      .join('\n\n');
  }
}

/** `--help`, as wide as the terminal, or as COLUMNS asks for: 80 columns if neither is known. */
export default class EdgeadmHelp extends Help {
  protected override CommandHelpClass = HelpOfCommand;

  constructor(config: Interfaces.Config, options: Partial<Interfaces.HelpOptions> = {}) {
    const asked = Number.parseInt(process.env.COLUMNS ?? '', 10);
    super(config, asked > 0 ? { ...options, maxWidth: Math.max(LEAST_COLUMNS, asked) } : options);
  }

  /** A topic that is a command, too, stands among the commands. */
  protected override get sortedTopics(): Interfaces.Topic[] {
    return super.sortedTopics.filter(({ name }) => !this.config.findCommand(name));
  }

  override formatRoot(): string {
    const { pjson, userAgent } = this.config;
    const sections = [this.section('VERSION', userAgent), this.section('USAGE', 'edgeadm COMMAND')];
    return [pjson.description, ...sections].join('\n\n');
  }

  protected override formatTopic({ name, description }: Interfaces.Topic): string {
    return `${description}\n\n${this.section('USAGE', `edgeadm ${name.replaceAll(':', ' ')} COMMAND`)}\n`;
  }

  override renderList(rows: Row[], { indentation }: { indentation: number }): string {
    return renderRows(rows, this.opts.maxWidth - indentation);
  }

  /** What is shown begins with a summary or with a heading; all else has been wrapped. */
  protected override log(text: string): void {
    const [first = '', ...rest] = text.split('\n');
    super.log([wrap(first, this.opts.maxWidth), ...rest].join('\n'));
  }
}
