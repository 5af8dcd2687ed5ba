type Piece = { readonly kind: 'text' | 'comment' | 'comma' | 'blank' | 'other'; readonly text: string };

const PIECES: readonly (readonly [kind: Piece['kind'], pattern: RegExp])[] = [
  ['text', /"(?:\\.|[^"\\\n])*"|'[^'\n]*'/y],
  ['comment', /#[^\n]*/y],
  ['comma', /,/y],
  ['blank', /\s+/y],
  ['other', /[^\]]/y],
];

/**
 * Changes the strings of an array in a TOML text. Comments and line breaks between them stay: people say there why a
 * name is in the list.
 * @param key begins the line on which the array begins
 * @param change undefined takes the string out
 */
export function editArray(text: string, key: string, change: (value: string) => string | undefined): string {
  const begin = new RegExp(`^[ \\t]*(["']?)${key}\\1[ \\t]*=[ \\t]*\\[`, 'm').exec(text);
  if (!begin) return text;
  const start = begin.index + begin[0].length;
  const pieces = piecesOf(text, start);
  const end = start + pieces.reduce((sum, piece) => sum + piece.text.length, 0);
  const edited = pieces.map(({ text: own }) => own);
  for (const [i, { kind, text: own }] of pieces.entries()) {
    if (kind !== 'text') continue;
    const value = stringOf(own);
    const wanted = change(value);
    if (wanted === undefined) takeOut(pieces, edited, i);
    else if (wanted !== value) edited[i] = JSON.stringify(wanted);
  }
  return text.slice(0, start) + edited.join('') + text.slice(end);
}

/** What is between the brackets. */
function piecesOf(text: string, start: number): Piece[] {
  const pieces: Piece[] = [];
  for (let at = start; at < text.length && text[at] !== ']'; ) {
    for (const [kind, pattern] of PIECES) {
      pattern.lastIndex = at;
      const found = pattern.exec(text)?.[0];
      if (found === undefined) continue;
      pieces.push({ kind, text: found });
      at += found.length;
      break;
    }
  }
  return pieces;
}

/** With its comma, and with the line break or the blanks that would be left of it. */
function takeOut(pieces: readonly Piece[], edited: string[], at: number): void {
  edited[at] = '';
  const isComma = (i: number): boolean => pieces[i]?.kind === 'comma' && edited[i] !== '';
  const after = pieces[at + 1]?.kind === 'blank' ? at + 2 : at + 1;
  let last = at;
  if (isComma(after)) {
    for (last = at + 1; last <= after; last++) edited[last] = '';
    last = after;
  }
  const [before, behind] = [edited[at - 1] ?? '', edited[last + 1] ?? ''];
  const endsLine = behind === '' || behind.startsWith('\n');
  if (pieces[at - 1]?.kind === 'blank' && before.includes('\n') && endsLine) edited[at - 1] = '';
  else if (pieces[last + 1]?.kind === 'blank' && !behind.includes('\n')) edited[last + 1] = '';
  else if (behind === '' && isComma(at - 2) && pieces[at - 1]?.kind === 'blank') edited[at - 2] = edited[at - 1] = '';
}

/** A basic string of TOML escapes as JSON does, all but `\e` and `\U`; who has those is not changed. */
function stringOf(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
