import { architectureOf } from '../lib/architecture.ts';

/**
 * Other spellings that people bring along from kubectl, kubeadm and uname, as the ones that oclif knows: `-h`,
 * `help COMMAND`, `version`, the levels of klog's `-v 5` and `--v=5`, and `--arch x86_64`.
 */
export function normalizeArguments(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  if (first === 'help') return [...rest, '--help'];
  if (first === 'version') return ['--version', ...rest];
  // A level before the command is a mistake: its error quotes it as typed.
  if (/^--?v.?\d/.test(first ?? '')) return [...argv];
  const end = argv.indexOf('--');
  const words = argv.slice(0, end < 0 ? undefined : end).map((word) => (word === '-h' ? '--help' : word));
  return [...withoutLevels(withArchitectures(words)), ...argv.slice(words.length)];
}

function withArchitectures(words: readonly string[]): string[] {
  return words.map((word, at) => {
    if (words[at - 1] === '--arch') return architectureOf(word);
    return word.startsWith('--arch=') ? `--arch=${architectureOf(word.slice('--arch='.length))}` : word;
  });
}

/** Levels of klog are numbers: 0 is quiet, and any other asks for every step. */
function withoutLevels(words: readonly string[]): string[] {
  const found: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const beside = /^(?:-v=?|--v=)(\d{1,2})$/.exec(word)?.[1];
    const behind = /^--?v$/.test(word) && /^\d{1,2}$/.test(words[at + 1] ?? '') ? words[++at] : undefined;
    const level = beside ?? behind;
    if (level === undefined) found.push(word);
    else if (Number(level) > 0) found.push('-v');
  }
  return found;
}
