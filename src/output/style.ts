import { styleText } from 'node:util';

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How text is dressed on a terminal: colours and characters that it can show. */
export interface Style {
  readonly unicode: boolean;
  readonly coloured: boolean;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
}

/** Colours only on a terminal and not against NO_COLOR (no-color.org); characters beyond ASCII if the locale has them. */
export function styleFor(env: Environment, isTTY: boolean): Style {
  const coloured = isTTY && !env.NO_COLOR && env.TERM !== 'dumb';
  const paint = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    coloured ? styleText(format, text, { validateStream: false }) : text;
  return {
    unicode: speaksUtf8(env),
    coloured,
    green: paint('green'),
    red: paint('red'),
    yellow: paint('yellow'),
    dim: paint('dim'),
    bold: paint('bold'),
  };
}

/** How results are dressed: they go to standard output. */
export function styleOfResults(): Style {
  return styleFor(process.env, Boolean(process.stdout.isTTY));
}

/** As the C library decides: the first of the three that is set; none set is the C locale. */
function speaksUtf8(env: Environment): boolean {
  if (process.platform === 'win32') return true;
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
}
