/**
 * The arguments that a program of Microsoft's C library takes from a command line.
 * Source of the rules: https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments
 */
export function parseArguments(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? '';
    const slashes = /^\\*/.exec(line.slice(at))?.[0].length ?? 0;
    if (slashes > 0) {
      const beforeQuote = line[at + slashes] === '"';
      word = (word ?? '') + '\\'.repeat(beforeQuote ? Math.floor(slashes / 2) : slashes);
      at += slashes - 1;
      if (beforeQuote && slashes % 2 === 1) {
        word += '"';
        at += 1;
      }
    } else if (char === '"') {
      if (quoted && line[at + 1] === '"') {
        word = `${word ?? ''}"`;
        at += 1;
      } else quoted = !quoted;
      word ??= '';
    } else if (/[ \t]/.test(char) && !quoted) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  return word === undefined ? words : [...words, word];
}

/**
 * What cmd makes of a line at its prompt: variables first, wherever they stand, then carets and what they protect.
 * @throws Error for a character that would run or write something else
 * Source: https://stackoverflow.com/questions/4094699 (phases 1 and 2)
 */
export function parseByCmd(line: string, variables: Readonly<Record<string, string>>): string {
  const expanded = line.replace(/%([^%]+)%/g, (whole, name: string) => variables[name.toUpperCase()] ?? whole);
  let quoted = false;
  let out = '';
  for (let at = 0; at < expanded.length; at += 1) {
    const char = expanded[at] ?? '';
    if (char === '^' && !quoted) {
      at += 1;
      out += expanded[at] ?? '';
    } else {
      if (char === '"') quoted = !quoted;
      else if (!quoted && /[&|<>()]/.test(char)) throw new Error(`cmd would take ${char} for its own`);
      out += char;
    }
  }
  return out;
}

/** Texts in single quotation marks, of which PowerShell has several, each twice where it stands for itself. */
const TEXT = "'((?:[^'\u2018-\u201b]|(['\u2018-\u201b])\\2)*)'";
const LINE = new RegExp(
  `^\\$i = New-Object -TypeName 'System\\.Diagnostics\\.ProcessStartInfo' -ArgumentList @\\(${TEXT}, ${TEXT.replace('\\2', '\\4')}\\); `,
);

/** A program, the rest of its command line, and the file that it reads, as PowerShell takes them from a script of ours. */
export function parseByPowerShell(line: string): { program: string; rest: string; inputFile?: string } {
  const [, program, , rest] = LINE.exec(line) ?? [];
  if (program === undefined || rest === undefined) throw new Error(`PowerShell would run something else: ${line}`);
  const [, inputFile] = /OpenRead\('([^']*)'\)/.exec(line.slice(line.indexOf('); '))) ?? [];
  return { program: plain(program), rest: plain(rest), ...(inputFile !== undefined && { inputFile }) };
}

function plain(text: string): string {
  return text.replace(/(['\u2018-\u201b])\1/g, '$1');
}

/**
 * The arguments that a program gets from words behind its name in Windows PowerShell 5.1: it takes its own quotation marks
 * away, puts double ones around a word with a blank, and changes nothing else.
 * Source: https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_parsing (passing arguments that
 * contain quote characters), and NativeCommandParameterBinder of PowerShell 5.1 for which words get quotation marks
 */
export function argumentsFromPowerShell(words: string): string[] {
  const found = words.match(/(?:'[^'\u2018-\u201b]*'|[^\s'\u2018-\u201b]+)+/g) ?? [];
  const passed = found.map((word) => word.replaceAll("'", ''));
  return parseArguments(passed.map((word) => (hasOpenBlank(word) ? `"${word}"` : word)).join(' '));
}

/** A quotation mark with a backslash in front does not count. */
function hasOpenBlank(word: string): boolean {
  return word.split(/(?<!\\)"/).some((part, index) => index % 2 === 0 && /\s/.test(part));
}
