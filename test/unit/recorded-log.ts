import type { PhaseLog } from '../../src/workflow/events.ts';

export interface RecordedLog extends PhaseLog {
  /** `info text`, `warning text`; debug lines and progress are left out. */
  readonly lines: readonly string[];
}

/** A phase's log that can be read afterwards. */
export function recordedLog(): RecordedLog {
  const lines: string[] = [];
  return {
    lines,
    info: (text) => void lines.push(`info ${text}`),
    vendor: (text) => void lines.push(`info ${text}`),
    warning: (text) => void lines.push(`warning ${text}`),
    debug: () => {},
    progress: () => {},
  };
}
