/**
 * `2026-11-21 05:31:09 UTC`. @param time milliseconds since 1970, or RFC 3339; a text that is not a time is not changed
 */
export function shownTime(time: number | string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/(\.\d+)?Z$/, ' UTC');
}
