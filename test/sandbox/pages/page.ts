/** A page of the documentation, read as what a user pastes: its marked code blocks, and the output it shows. */

interface Shown {
  /** What the page shows as the output of these commands; undefined: nothing. */
  readonly output: string | undefined;
  readonly commands: string;
}

/** The blocks behind `<!-- run -->`, each with the block behind `<!-- output -->` that follows it. */
export function runnableBlocks(markdown: string): Shown[] {
  const marked = /^<!-- (run|output) -->\n+( *)```\w*\n([\s\S]*?)\n *```$/gm;
  const blocks: { output: string | undefined; commands: string }[] = [];
  for (const [, mark, indent = '', text = ''] of markdown.matchAll(marked)) {
    const lines = text.split('\n').map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    const last = blocks.at(-1);
    if (mark === 'run') blocks.push({ commands: lines.join('\n'), output: undefined });
    else if (last) last.output = lines.join('\n');
  }
  return blocks;
}

/** The text of the first block of this language that begins with these words. */
export function blockOf(markdown: string, language: string, beginning: string): string {
  for (const [, text = ''] of markdown.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\`$`, 'gm')))
    if (text.startsWith(beginning)) return text;
  throw new Error(`no ${language} block begins with ${beginning}`);
}

/** Replaces what differs from run to run: tokens, hashes, ids, times, ports, folders. */
function normalised(line: string): string {
  return line
    .replaceAll(/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, 'TOKEN')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'SHA256')
    .replaceAll(/\b(c|np)?[0-9a-f]{32,33}\b/g, 'ID')
    .replaceAll(/\b\d+(\.\d+)?(ms|s|m|h)\b/g, 'TIME')
    .replaceAll(/"durationMs":\d+/g, '"durationMs":0')
    .replaceAll(/"host":"(localhost|\/[^"]*)"/g, '"host":"HOST"')
    .replaceAll(/"apiServer":"[^"]*"/g, '"apiServer":"SERVER"')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/(?<![\w.])\/[\w./-]+\/edgeadm\/sandbox/g, 'SANDBOX')
    .replaceAll(/ +/g, ' ')
    .trimEnd();
}

/** True if the output is what is shown; a shown line `...` stands for any lines, `...` in one for any text. */
export function isShown(shown: string, output: string): boolean {
  const escaped = shown
    .trim()
    .split('\n')
    .map((line) => (line === '...' ? '(?:.*\\n)*?' : `${quoted(normalised(line)).replaceAll('\\.\\.\\.', '.*')}\\n`));
  const lines = output.trim().split('\n').map(normalised);
  return new RegExp(`^${escaped.join('')}$`).test(`${lines.join('\n')}\n`);
}

const quoted = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
