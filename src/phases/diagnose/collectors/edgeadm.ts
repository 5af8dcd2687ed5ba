import { EdgeadmError } from '../../../errors/index.ts';
import type { Entry, Journal } from '../../../host/journal.ts';
import type { Collector } from '../collector.ts';
import type { CollectedFacts } from '../facts.ts';

/** What the node's journal says of its membership. @param read gives the journal; the archive has it as a file, too */
export function membership(read: () => Promise<Journal>): Collector {
  return {
    name: 'edgeadm/membership',
    run: async () => {
      try {
        const { entries, joined, upgrade } = await read();
        const unfinished = upgrade
          ? { command: `upgrade from ${upgrade.from} to ${upgrade.to}`, time: upgrade.time }
          : unfinishedJoin(entries);
        return { files: [], facts: { journal: { joined: joined?.node, unfinished } } };
      } catch (error) {
        if (!(error instanceof EdgeadmError) || error.code !== 'JOURNAL_UNREADABLE') throw error;
        return { files: [], facts: { journal: { unreadable: error.message } } };
      }
    },
  };
}

/** A join that changed something noted who ran; one that ended well noted that, and one that was rolled back nothing. */
function unfinishedJoin(entries: readonly Entry[]): CollectedFacts['journal']['unfinished'] {
  const begun = entries.findLast((entry) => entry.kind === 'run' && entry.command === 'join');
  if (begun?.kind !== 'run') return undefined;
  const ended = entries.findLastIndex((entry) => entry.kind === 'joined') > entries.lastIndexOf(begun);
  return ended ? undefined : { command: 'join', time: begun.time };
}
