import { type Node, programInNode, type Result } from '../testbed/index.ts';

/** When a run is ended: as soon as it tells that a phase begins (or ends), or so many seconds later. */
export interface Moment {
  readonly phase: string;
  readonly event?: 'phase-end';
  readonly after?: number;
}

/**
 * Runs in the node, so that nothing comes between what edgeadm tells and the signal: passes on what edgeadm prints, and
 * ends it so long after the first line that fits.
 */
const WATCHER = `
pattern=$1 delay=$2 signal=$3
shift 3
coproc RUN { exec "$@"; }
pid=$RUN_PID
exec 3<&"\${RUN[0]}"
while IFS= read -r -u 3 line; do
  printf '%s\\n' "$line"
  [[ $line == $pattern ]] || continue
  sleep "$delay"
  kill -"$signal" "$pid"
  pattern=
done
wait "$pid"
`;

/** Runs edgeadm in JSON mode and sends it a signal at that moment. */
export function interrupt(
  node: Node,
  args: string[],
  moment: Moment,
  signal: 'KILL' | 'TERM' | 'INT',
): Promise<Result> {
  const { phase, event = 'phase-start', after = 0 } = moment;
  const pattern = `*"type":"${event}"*"phase":"${phase}"*`;
  const program = [...programInNode, ...args, '--output', 'json'];
  return node.run('bash', ['-c', WATCHER, 'watcher', pattern, String(after), signal, ...program], { timeout: 300 });
}
