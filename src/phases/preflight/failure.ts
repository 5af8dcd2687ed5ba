import { EdgeadmError, ERROR_CODES, type ErrorCode } from '../../errors/index.ts';
import type { Verdict } from './check.ts';

/**
 * The error that the verdicts amount to, undefined if no check failed.
 *
 * Where all failed checks say the same code of their own (mostly because one failed), the error has that code:
 * a user sees TOKEN_INVALID and not that "a check failed". Otherwise PREFLIGHT_FAILED as soon as one of them concerns
 * the node (the user can fix that at once), else CLUSTER_CHECK_FAILED.
 */
export function preflightError(verdicts: readonly Verdict[]): EdgeadmError | undefined {
  const failed = verdicts.filter((verdict) => verdict.status === 'error');
  const [first] = failed;
  if (!first) return undefined;
  const own = failed.every((verdict) => verdict.code === first.code) ? first.code : undefined;
  const names = failed.map((verdict) => verdict.check).join(', ');
  // Several checks may stumble over the same thing: a bundle that is damaged.
  const same = failed.every(({ found, remedy }) => found === first.found && remedy === first.remedy);
  // Each has its remedy beside it: that of their code may be another one's.
  const each = ERROR_CODES[sharedCode(failed)].remedy;
  return new EdgeadmError({
    code: own ?? sharedCode(failed),
    what: failed.length === 1 ? `the check ${names} failed` : `${failed.length} checks failed: ${names}`,
    why: same ? first.found : describeVerdicts(failed).join('\n'),
    next: same ? first.remedy : each,
  });
}

function sharedCode(failed: readonly Verdict[]): ErrorCode {
  return failed.some((verdict) => verdict.concerns === 'node') ? 'PREFLIGHT_FAILED' : 'CLUSTER_CHECK_FAILED';
}

/** Verdicts for people. Checks that failed for the same reason are one block, with all their names to ignore. */
export function describeVerdicts(verdicts: readonly Verdict[]): string[] {
  const blocks = new Map<string, Verdict>();
  for (const verdict of verdicts) {
    const { check, status, found, remedy, ignored } = verdict;
    const key = JSON.stringify(found ? [status, found, remedy, ignored] : check);
    const before = blocks.get(key);
    blocks.set(key, before ? { ...before, check: `${before.check}, ${check}` } : verdict);
  }
  return [...blocks.values()].map(describeVerdict);
}

/** A verdict as kubeadm prints it: `[ERROR Swap]: …`, with its remedy on a line of its own. */
export function describeVerdict({ check, status, found, remedy, ignored }: Verdict): string {
  const note = ignored ? ' (ignored by --ignore-preflight-errors)' : '';
  const [first = '', ...more] = (found ?? '').split('\n');
  const head = `[${status.toUpperCase()} ${check}]${first && ': '}${first}${note}`;
  // What a user has accepted need not be explained again.
  if (ignored) return head;
  return [head, ...more, ...(status !== 'ok' && remedy ? [`  ${remedy}`] : [])].join('\n');
}
