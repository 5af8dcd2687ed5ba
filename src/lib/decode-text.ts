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

/** What to do about {@link encodingOfWindows}. */
export const SAVE_AS_UTF8 = 'Save it as UTF-8 without a byte order mark.';

/**
 * Why programs of Linux, which do not decode, cannot read a text of a node; undefined if they can.
 * Sources: systemd/systemd#2823, kubernetes/kubernetes#39007.
 */
export function encodingOfWindows(text: string): string | undefined {
  if (text.includes('\0')) return 'it is not text in UTF-8, as if saved as UTF-16 on Windows';
  return text.startsWith('\ufeff') ? 'it begins with a byte order mark, as Windows writes it' : undefined;
}
