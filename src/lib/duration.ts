const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a Go-style duration (`90s`, `1h30m`, `250ms`; `d` is accepted too) as kubeadm does.
 * @returns milliseconds, or undefined if the text is not a duration. A bare `0` is zero.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, value, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(value) * (UNITS[unit ?? ''] ?? 0);
  }
  return total;
}

/** Writes milliseconds for people: `340ms`, `4.2s`, `1m30s`, `2h5m`, `24h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return twoUnits(Math.floor(seconds / 60), 'm', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  return twoUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'm');
}

function twoUnits(large: number, unit: string, small: number, smaller: string): string {
  return `${large}${unit}${small > 0 ? `${small}${smaller}` : ''}`;
}
