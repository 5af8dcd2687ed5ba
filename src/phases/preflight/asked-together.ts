import type { ProgramResult } from '../../host/machine.ts';
import { PATHS } from '../../host/node-paths.ts';
import { commandLine } from '../../host/quote.ts';
import { parseUnitState, showUnits } from '../../host/systemd.ts';
import { memoize } from '../../lib/memoize.ts';
import { RULES_QUERY } from './checks/nm-cloud-setup.ts';
import { TIME_SERVICES_QUERY } from './checks/time-sync.ts';
import type { AskedTogether, ReadOnlyHost } from './read-only-host.ts';

/** Units that every preflight asks for. */
const UNITS = [PATHS.kubelet.unit, PATHS.containerd.unit, 'firewalld.service'];
/** Programs that every preflight runs; they answer in text. */
const QUERIES = [RULES_QUERY, TIME_SERVICES_QUERY];

/**
 * Asks a Linux machine what every preflight asks, by one script at the first of these questions: a start costs a process
 * as large as ours some milliseconds, and a host over SSH a channel.
 */
export function askedTogether(host: ReadOnlyHost): AskedTogether {
  const all = memoize(() => ask(host));
  return {
    query: async (file, args) => {
      const line = commandLine([file, ...args]);
      const index = QUERIES.findIndex((words) => commandLine(words) === line);
      return index < 0 ? undefined : (await all())?.[index];
    },
    unit: async (name) => {
      const index = UNITS.indexOf(name);
      const shown = index < 0 ? undefined : (await all())?.at(-1);
      const states = shown?.stdout.trim().split(/\n{2,}/) ?? [];
      return states.length === UNITS.length || shown?.timedOut ? parseUnitState(states[index] ?? '') : undefined;
    },
  };
}

/** @returns the answers in the order of the questions; undefined if they cannot be asked like this */
async function ask(host: ReadOnlyHost): Promise<ProgramResult[] | undefined> {
  const questions = [...QUERIES, ['systemctl', ...showUnits(UNITS)]];
  const script = questions.map((words) => `${commandLine(words)}; echo "exit $?"`).join('; ');
  const result = await host.query('sh', ['-c', script]);
  const answers = [...result.stdout.matchAll(/([\s\S]*?)^exit (\d+)$\n?/gm)];
  // Where one of them hangs the others would, too, each on its own.
  if (answers.length !== questions.length && !result.timedOut) return undefined;
  return questions.map((_, index) => {
    const [, stdout = '', code] = answers[index] ?? [];
    return code === undefined ? { ...result, stdout: '' } : { exitCode: Number(code), stdout, stderr: '' };
  });
}
