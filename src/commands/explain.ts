import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { EdgeadmError, ERROR_CODES, type ErrorCode } from '../errors/index.ts';
import { closest } from '../lib/closest.ts';
import { layOut, terminalColumns } from '../output/columns.ts';
import { table } from '../output/table.ts';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

export default class Explain extends BaseCommand {
  static override summary = 'Explain an error code: its cause, the evidence and what to do.';
  static override description = 'Without a code it lists all codes. The same list is in docs/errors.md.';
  static override examples = ['<%= config.bin %> explain TOKEN_INVALID', '<%= config.bin %> explain'];
  static override args = { code: Args.string({ description: 'error code, as printed with the error' }) };

  async run(): Promise<void> {
    const { args } = await this.parse(Explain);
    if (args.code === undefined) return this.#list();
    const code = codeOf(args.code);
    await this.finish({ ok: true, hosts: [], data: { code, ...ERROR_CODES[code] }, text: explanation(code) });
  }

  async #list(): Promise<void> {
    const data = CODES.map((code) => ({ code, ...ERROR_CODES[code] }));
    const text = table(data.map(({ code, exit, cause }) => ({ code, exit, cause })));
    await this.finish({ ok: true, hosts: [], data, text });
  }
}

/** Accepts any case of letters, and dashes. @throws EdgeadmError USAGE, with the code that was probably meant */
function codeOf(text: string): ErrorCode {
  const wanted = text.toUpperCase().replaceAll('-', '_');
  const code = CODES.find((candidate) => candidate === wanted);
  if (code) return code;
  const meant = closest(wanted, CODES);
  throw new EdgeadmError({
    code: 'USAGE',
    what: `unknown error code ${text}`,
    why: meant && `did you mean ${meant}?`,
    next: meant ? `edgeadm explain ${meant}` : '`edgeadm explain` lists every code',
  });
}

function explanation(code: ErrorCode): string {
  const { exit, cause, evidence, remedy } = ERROR_CODES[code];
  const rows = [
    ['Cause:', cause],
    ['Evidence:', evidence],
    ['Remedy:', remedy],
  ];
  const columns = ['Evidence:'.length, terminalColumns() - 'Evidence:  '.length];
  return `${code} (exit code ${exit})\n\n${layOut(rows, columns, 2).join('\n')}\n`;
}
