import { EdgeadmError } from '../../errors/index.ts';
import { journalUnreadable } from '../../host/journal/damage.ts';
import type { Journal } from '../../host/journal/journal.ts';
import { refuseMountsIn } from '../../host/mount-table.ts';
import { PATHS } from '../../host/node-paths.ts';
import { rollBackChanges } from '../../host/roll-back.ts';
import { CriClient } from '../../kubernetes/cri/index.ts';
import { count } from '../../lib/count.ts';
import { forEachLimited } from '../../lib/for-each.ts';
import type { Phase, PhaseTools } from '../../workflow/phase.ts';
import type { ResetContext, ResetSpec } from './context.ts';
import { removeState } from './teardown/state.ts';

const RUNTIME_PHASE = /^install-runtime(\/|$)/;
const IMAGES_AT_ONCE = 4;

/** Of a node without a usable journal, what a platform leaves of Kubernetes is removed as it is known. */
export function removeStatePhaseOf(run: Phase<ResetContext>['run']): Phase<ResetContext> {
  return {
    name: 'remove-state',
    title: 'Remove what Kubernetes left on disk',
    when: ({ node, journal, spec }) =>
      node.joinedBy === 'other' ||
      (spec.force && journal.damage !== undefined) ||
      'the journal records the earlier state',
    run,
  };
}

export const removeStatePhase = removeStatePhaseOf(async ({ host, log }) => {
  reportLeft(await removeState(host), log);
  log.info(
    "The kubelet, its unit and the container runtime's configuration are kept: there is no journal of their earlier state.",
  );
});

export const cleanupImages: Phase<ResetContext> = {
  name: 'cleanup-images',
  title: 'Remove all images',
  when: ({ spec, host }) => (spec.cleanupImages && host.runsPrograms) || 'not requested (--cleanup-images)',
  run: removeAllImages,
};

export const restore: Phase<ResetContext> = {
  name: 'restore',
  title: 'Roll back the changes of the join',
  when: ({ node }) => node.joinedBy === 'edgeadm' || 'there is no journal',
  run: async ({ host, journal, spec, log }) => {
    await refuseMountsIn(
      host,
      journal.changesSince('start').filter((change) => change.kind === 'claim'),
    );
    const left = await rollBackChanges(host, journal, {
      keep: ({ phase }) => spec.keepRuntime && RUNTIME_PHASE.test(phase),
      onLeft: (paths) => reportLeft(paths, log),
    });
    if (left.length === 0) return;
    throw new EdgeadmError({
      code: 'RESET_INCOMPLETE',
      what: 'some changes could not be rolled back',
      why: left.join('\n'),
      next: left.some((text) => text.includes('EPERM'))
        ? 'a file there cannot be changed: `lsattr -Ra PATH` shows its attributes, `chattr -ia FILE` takes them away; then run `edgeadm reset` again'
        : undefined,
    });
  },
};

function reportLeft(paths: readonly string[], log: PhaseTools['log']): void {
  for (const path of paths) log.info(`${path} was kept: it may belong to another program.`);
}

/** The last step: without the journal the node counts as never joined. */
export const erase: Phase<ResetContext> = {
  name: 'erase',
  title: 'Delete the journal',
  when: ({ spec, journal }) =>
    !(spec.keepRuntime && journal.hasChanges) || 'it is kept with the changes to the container runtime',
  run: async ({ host, journal, spec, log, wet }) => {
    if (!wet) return host.removeTree(PATHS.edgeadm.state);
    await keepLostCopies(journal, spec, log);
    await journal.erase();
  },
};

/**
 * What the journal does not know any more cannot be restored: copies of such files are never removed, and without
 * `--force` the journal stays as well.
 * @throws EdgeadmError JOURNAL_UNREADABLE
 */
async function keepLostCopies(journal: Journal, spec: ResetSpec, log: PhaseTools['log']): Promise<void> {
  const lost = await journal.lostCopies();
  const found = [
    ...(journal.damage?.found ?? []),
    ...lost.map((copy) => `${copy}: no line of the journal refers to this copy`),
  ];
  if (found.length === 0) return;
  if (!spec.force) throw journalUnreadable({ found, readable: true });
  for (const each of found) log.warning(`The journal is damaged: ${each}`);
  if (lost.length === 0) return;
  await journal.moveToKept(lost);
  log.warning(`${PATHS.edgeadm.kept} keeps the copies of ${count('file', lost.length)} that could not be restored.`);
}

async function removeAllImages({ host, node, log, signal }: ResetContext & PhaseTools): Promise<void> {
  const client = await CriClient.connect(host, node.runtime.socket, { signal });
  try {
    const images = await client.images();
    if (!host.wet) return log.info(`Would remove ${count('image', images.length)}.`);
    await forEachLimited(images, IMAGES_AT_ONCE, ({ id }) => client.removeImage(id));
    log.info(`${count('image', images.length)} removed.`);
  } finally {
    client.close();
  }
}
