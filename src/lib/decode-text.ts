/**
 * The text of a file that a person hands over, or of an answer: UTF-8, or UTF-16 as `>` of Windows PowerShell writes
 * it. The byte order mark goes: PEM, JSON and lists of sums do not have one.
 *
 * UTF-16 is recognized by its mark, or because its first character is ASCII, as in YAML.
 * @see https://yaml.org/spec/1.2.2/#52-character-encodings
 */
export function decodeText(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  if (encoding === 'utf-8') return new TextDecoder().decode(bytes);
  const whole = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  return (encoding === 'utf-16be' ? whole.swap16() : whole).toString('utf16le').replace(/^\uFEFF/, '');
}

function encodingOf([first = 0x80, second = 0x80]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if ((first === 0xff && second === 0xfe) || (first > 0 && first < 0x80 && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second > 0 && second < 0x80)) return 'utf-16be';
  return 'utf-8';
}
