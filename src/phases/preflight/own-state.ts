import { PATHS } from '../../host/node-paths.ts';
import type { CheckContext } from './context.ts';

/** What an earlier run of edgeadm on this node holds: on a re-run that is no obstacle. */
export interface OwnState {
  /** True where an earlier join was begun and not yet reset. */
  readonly rerun: boolean;
  /** True where edgeadm wrote the file or folder, or claimed the folder above it. */
  owns(path: string): boolean;
}

/** Reads the journal of the node; a line that does not parse is the journal's own matter and is passed over. */
export async function ownState({ host, node }: Pick<CheckContext, 'host' | 'node'>): Promise<OwnState> {
  const [membership, journal] = await Promise.all([node.membership(), host.read(PATHS.edgeadm.journal)]);
  const entries = (journal ?? '').split('\n').flatMap(parseLine);
  const paths = new Set(entries.filter((entry) => entry.kind !== 'claim').map((entry) => entry.path));
  const claims = entries.filter((entry) => entry.kind === 'claim');
  return {
    rerun: membership !== undefined || entries.length > 0,
    owns: (path) => paths.has(path) || claims.some((claim) => isNewWithin(claim, path)),
  };
}

/** A claimed folder is filled by the node's own programs, but for what was in it when it was claimed. */
function isNewWithin({ path: folder, had }: PathEntry, path: string): boolean {
  if (!path.startsWith(`${folder}/`)) return false;
  const [child = ''] = path.slice(folder.length + 1).split('/');
  return !had?.includes(child);
}

interface PathEntry {
  readonly kind: string;
  readonly path: string;
  readonly had?: readonly string[];
}

function parseLine(line: string): PathEntry[] {
  try {
    const entry = JSON.parse(line) as Partial<PathEntry>;
    return entry.kind && entry.path ? [entry as PathEntry] : [];
  } catch {
    return [];
  }
}
