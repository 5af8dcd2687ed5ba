/** Milliseconds of a Retry-After header: seconds or a date, as RFC 9110 has it. 0 if it says nothing. */
export function retryAfter(header: string | undefined): number {
  if (header === undefined) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
