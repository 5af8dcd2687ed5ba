/**
 * Other spellings that people bring along from kubectl and kubeadm, as the ones that oclif knows: `-h`, `help COMMAND`,
 * `version`.
 */
export function usualSpelling(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  if (first === 'help') return [...rest, '--help'];
  if (first === 'version') return ['--version', ...rest];
  const end = argv.indexOf('--');
  return argv.map((word, index) => (word === '-h' && (end < 0 || index < end) ? '--help' : word));
}
