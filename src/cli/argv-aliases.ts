/**
 * Other spellings that people bring along from kubectl and kubeadm, as the ones that oclif knows: `-h`, `help COMMAND`,
 * `version`, and the levels of klog's `-v 5` and `--v=5`.
 */
export function normalizeArguments(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  if (first === 'help') return [...rest, '--help'];
  if (first === 'version') return ['--version', ...rest];
  const end = argv.indexOf('--');
  const words = argv.slice(0, end < 0 ? undefined : end).map((word) => (word === '-h' ? '--help' : word));
  return [...withoutLevels(words), ...argv.slice(words.length)];
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
