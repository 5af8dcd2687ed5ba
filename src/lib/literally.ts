/** A text as a regular expression, extended ones of `pgrep` included, that means just it. */
export function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
