import type { Platform } from './supports.ts';

/** Takes `CentOS 7.6`, `Kylin V10`, `Debian GNU/Linux 12 (bookworm)` or a bare `Ubuntu` apart. */
export function parseOs(text: string): Pick<Platform, 'os'> & Partial<Pick<Platform, 'version'>> {
  const match = /^(.*?\D)\s+(v?\d[\w.]*)(\s.*)?$/i.exec(text.trim());
  return match?.[1] && match[2] ? { os: match[1].trim(), version: match[2] } : { os: text.trim() };
}
