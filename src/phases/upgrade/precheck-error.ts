import { EdgeadmError } from '../../errors/index.ts';

/** The error of a node on which an upgrade is not begun. @param mistakes what was found, one line each */
export function upgradeCheckFailed(mistakes: readonly string[]): EdgeadmError {
  return new EdgeadmError({
    code: 'UPGRADE_CHECK_FAILED',
    what: 'pre-upgrade checks failed on this node',
    why: mistakes.join('\n'),
  });
}
