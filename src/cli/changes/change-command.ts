import { commandLine } from '../../host/quote.ts';
import { type ChangeRequest, type PlannedChange, planChange } from '../../kubernetes/api/change.ts';
import type { ApiClient } from '../../kubernetes/api/client.ts';
import { forEachLimited } from '../../lib/for-each.ts';
import { BaseCommand } from '../base-command.ts';
import { kubeconfigFlag, withCluster } from '../cluster-access.ts';
import { confirm } from '../confirmation.ts';
import { listFlag, nodeFlags } from '../flags.ts';

/** Flags of every command that changes objects of a cluster. */
export const objectChangeFlags = {
  ...kubeconfigFlag,
  ...listFlag,
  'dry-run': nodeFlags['dry-run'],
  yes: nodeFlags.yes,
};

interface ChangeFlags {
  readonly kubeconfig?: string;
  readonly output: string;
  readonly 'dry-run': boolean;
  readonly yes: boolean;
}

/** What a command is about to do in the cluster. */
export interface Intended {
  readonly changes: readonly ChangeRequest[];
  /** What it means for the reader: sentences, below the list of changes. */
  readonly effect?: readonly string[];
  /** What happens next, if something is changed. */
  readonly onChange?: readonly string[];
  /** The commands that restore what was there before. */
  readonly undo: readonly string[];
  /** Asked if something is changed; undefined if the change interrupts nothing. */
  readonly question?: string;
  /** True if `--dry-run -o yaml` prints the object as it would be, to be kept in a file. */
  readonly isRendered?: boolean;
}

/** How many objects are asked about and written at the same time. */
const AT_ONCE = 8;

/** A command that changes objects: all are tried at the API server, then shown as a diff, then written. */
export abstract class ChangeCommand extends BaseCommand {
  /** @throws EdgeadmError before anything is written if the API server rejects one of the changes */
  protected async change(
    flags: ChangeFlags,
    intend: (client: ApiClient, signal: AbortSignal) => Promise<Intended>,
  ): Promise<void> {
    const output = this.openOutput({ looksOnly: true });
    const dryRun = flags['dry-run'];
    await withCluster(flags.kubeconfig, async (client, signal) => {
      const intended = withKubeconfig(await intend(client, signal), flags.kubeconfig, this.argv);
      const planned = await planAll(client, intended.changes);
      const due = planned.filter(({ outcome }) => outcome !== 'unchanged');
      if (flags.output === 'text' || flags.output === 'wide') for (const { diff } of due) output.tell(`${diff}\n`);
      if (due.length > 0 && intended.question)
        await confirm(intended.question, { output, signal, yes: flags.yes || dryRun, argv: this.host.argv });
      if (!dryRun) await forEachLimited(due, AT_ONCE, (each) => each.write());
      await this.show({
        data:
          dryRun && intended.isRendered && flags.output === 'yaml'
            ? planned[0]?.after
            : {
                dryRun,
                changes: planned.map(({ name, outcome, diff }) => ({ name, outcome, diff })),
                undo: intended.undo,
              },
        text: changesText(planned, intended, dryRun),
        names: planned.map(({ name }) => name),
      });
    });
  }
}

async function planAll(client: ApiClient, changes: readonly ChangeRequest[]): Promise<PlannedChange[]> {
  const planned: PlannedChange[] = [];
  await forEachLimited(changes.entries(), AT_ONCE, async ([index, change]) => {
    planned[index] = await planChange(client, change);
  });
  return planned;
}

/** What restores the old values asks the same cluster: a variable of the shell is still there, a flag is not. */
function withKubeconfig(intended: Intended, file: string | undefined, argv: readonly string[]): Intended {
  if (file === undefined || !argv.some((word) => /^--kubeconfig(=|$)/.test(word))) return intended;
  return { ...intended, undo: intended.undo.map((line) => `${line} ${commandLine(['--kubeconfig', file])}`) };
}

function changesText(
  planned: readonly PlannedChange[],
  { effect = [], onChange = [], undo }: Intended,
  dryRun: boolean,
): string {
  const isChanged = planned.some(({ outcome }) => outcome !== 'unchanged');
  const lines = planned.map(({ name, outcome }) =>
    outcome === 'unchanged'
      ? `${name} unchanged`
      : dryRun
        ? `${name} would be ${outcome} (dry run)`
        : `${name} ${outcome}`,
  );
  const last = isChanged && !dryRun ? undo.map((line) => `Undo: ${line}`) : [];
  const more = [...(isChanged ? onChange : []), ...effect, ...last];
  return [...lines, ...(more.length > 0 ? ['', ...more] : [])].map((line) => `${line}\n`).join('');
}
