/** One of a class: a character, or one that is escaped. */
const MEMBER = String.raw`(?:\\.|[^\\\]-])`;
const PIECE = new RegExp(String.raw`^(?:\[\^?(?:${MEMBER}(?:-${MEMBER})?)+\]|\\.|[^\\[])`, 'su');

/**
 * What matches an element of a path as Go's filepath.Match does: `*`, `?`, `[a-z]`, `[^a-z]` and `\` before a
 * character that stands for itself. Other than in a shell, a dot at the begin of a name is a character like others.
 * @returns undefined for a pattern that Go refuses
 */
export function goMatch(pattern: string): RegExp | undefined {
  let source = '';
  for (let rest = pattern; rest !== ''; ) {
    const piece = PIECE.exec(rest)?.[0];
    if (piece === undefined) return undefined;
    rest = rest.slice(piece.length);
    if (piece === '*') source += '.*';
    else if (piece === '?') source += '.';
    else source += piece.startsWith('[') ? classOf(piece) : plain(piece);
  }
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    // A range whose end comes before its begin matches nothing in Go.
    return undefined;
  }
}

function classOf(piece: string): string {
  const begin = piece.startsWith('[^') ? '[^' : '[';
  const members = piece.slice(begin.length, -1).replace(/\\.|[^-]/gsu, plain);
  return `${begin}${members}]`;
}

/** A character, also an escaped one, as a regular expression that means nothing else. */
function plain(member: string): string {
  const character = member.length > 1 ? member.replace(/^\\/, '') : member;
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
