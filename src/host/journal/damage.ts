import { EdgeadmError } from '../../errors/index.ts';
import { PATHS } from '../node-paths.ts';
import { type Entry, parseLine } from './entry.ts';

/** What of a journal is lost. */
export interface Damage {
  /** Lines that cannot be read, by number, and why; or what is missing. Never empty. */
  readonly found: readonly string[];
  /** False if not one line could be read: nothing is known of what was changed. */
  readonly readable: boolean;
}

export interface ParsedJournal {
  readonly entries: readonly Entry[];
  /** The lines that cannot be read, one character a byte. */
  readonly damagedLines: readonly string[];
  readonly found: readonly string[];
  /** True if the end of the file is half a line: a kill tore it, and its change did not happen. */
  readonly torn: boolean;
}

/**
 * Reads what of a journal can be read: damage costs the lines it hits, and no other.
 * @param sealed bytes that the journal is known to have had: a line that ends before cannot have been torn by a kill
 */
export function parseJournal(bytes: Buffer, sealed = 0): ParsedJournal {
  // One character a byte: damage may be no text at all.
  const text = bytes.toString('latin1');
  const lines = text.split('\n');
  const entries: Entry[] = [];
  const damagedLines: string[] = [];
  const found: string[] = [];
  let end = -1;
  for (const [index, line] of lines.entries()) {
    end += line.length + 1;
    if (line.trim() === '') continue;
    try {
      entries.push(parseLine(Buffer.from(line, 'latin1').toString('utf8')));
    } catch (error) {
      const isLast = index === lines.length - 1;
      // A line is torn by a kill (then it is the last) or by a full disk (then an empty line follows).
      if ((isLast && end > sealed) || (!isLast && lines[index + 1] === '' && index < lines.length - 2)) continue;
      damagedLines.push(line);
      found.push(`line ${index + 1} of ${PATHS.edgeadm.journal}: ${reasonOf(error)}`);
    }
  }
  return { entries, damagedLines, found, torn: text !== '' && !text.endsWith('\n') };
}

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'it is not JSON';
  const { issues } = error as { issues?: { path: PropertyKey[]; message: string }[] };
  if (!issues) return (error as Error).message;
  return issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': ')).join('; ');
}

/** The error of every command that would have to rely on a damaged journal. */
export function journalUnreadable({ found, readable }: Damage): EdgeadmError {
  const force = `\`edgeadm reset --force\` resets as much as possible without them, and moves copies of unknown files to ${PATHS.edgeadm.kept}`;
  return new EdgeadmError({
    code: 'JOURNAL_UNREADABLE',
    what: readable ? `${PATHS.edgeadm.journal} is damaged` : `${PATHS.edgeadm.journal} cannot be read`,
    why: found.join('\n'),
    next: readable
      ? `\`edgeadm reset\` rolls back the changes in the intact lines and lists the damaged ones again; ${force}`
      : `restore ${PATHS.edgeadm.journal} from a backup of the machine, then run the command again; ${force}`,
  });
}
