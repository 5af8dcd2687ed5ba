import { type EdgeadmError, EXIT, toEdgeadmError } from '../../errors/index.ts';
import { isDenied } from '../../host/failures.ts';
import { type Clock, realClock } from '../../lib/clock.ts';
import type { PhaseLog } from '../../workflow/events.ts';
import { askedTogether } from './asked-together.ts';
import { type Check, type CheckResult, fail, skip, type Verdict } from './check.ts';
import { checksNamed } from './check-names.ts';
import { checksFor } from './checks.ts';
import type { CheckContext } from './context.ts';
import { describeVerdict, describeVerdicts, preflightError } from './failure.ts';
import { cachedReads } from './read-only-host.ts';

/**
 * The preflight of a join: runs all checks and tells the warnings.
 * @throws EdgeadmError of the checks that failed, see preflightError
 */
export async function runChecks(context: CheckContext & { readonly log: PhaseLog }): Promise<void> {
  const verdicts = await judgeChecks(context);
  const warnings = verdicts.filter(({ status }) => status === 'warning');
  for (const text of describeVerdicts(warnings)) context.log.warning(text);
  for (const verdict of verdicts) if (verdict.status !== 'warning') context.log.debug(describeVerdict(verdict));
  const error = preflightError(verdicts);
  if (error) throw error;
}

/**
 * Runs checks side by side and judges them. Nothing is changed.
 *
 * `--ignore-preflight-errors` works as kubeadm's: names in any case, `all`; an ignored error becomes a warning. A name
 * with an addition in brackets, `Firewall(8472/udp)`, may be given without it.
 *
 * @param chosen default: those of the platform of the node
 * @returns the verdicts in the order of the checks
 * @throws only if the signal is aborted
 */
export async function judgeChecks(
  context: CheckContext,
  chosen?: readonly Check[],
  clock: Clock = realClock,
): Promise<Verdict[]> {
  // The slowest answer, since a kubelet takes a tenth of a second to start, and several checks wait for it.
  context.node.kubeletVersion().catch(() => {});
  const { platform } = await context.host.facts();
  const checks = chosen ?? checksFor(platform);
  const together = platform === 'linux' && context.host.runsPrograms ? askedTogether(context.host) : undefined;
  const asking = { ...context, host: cachedReads(context.host, together) };
  const results = new Map<string, Promise<Timed>>();
  for (const check of checks) results.set(check.name, runOne(check, asking, results, clock));
  const names = new Set(context.spec.ignorePreflightErrors.flatMap((name) => checksNamed(name) ?? []));
  const ignored = ({ name }: Check): boolean => names.has(name.toLowerCase());
  const timed = await Promise.all(checks.map((check) => results.get(check.name) as Promise<Timed>));
  const errors = checks.flatMap((check, index) => {
    const { result } = timed[index] as Timed;
    return isError(result) && !ignored(check) ? [{ check, result }] : [];
  });
  return checks.map((check, index) => {
    const { result, durationMs } = timed[index] as Timed;
    return { ...judge(check, saidOnce(check, result, errors), ignored(check)), durationMs };
  });
}

type Failed = Extract<CheckResult, { status: 'fail' }>;

function isError(result: CheckResult): result is Failed {
  return result.status === 'fail' && result.severity !== 'warning';
}

/**
 * A cluster that cannot be asked stops several checks: the first error says it, the others would repeat it. Of a
 * warning the text is compared as well, since it may come from another read.
 */
function saidOnce(check: Check, result: CheckResult, errors: readonly { check: Check; result: Failed }[]): CheckResult {
  if (result.status !== 'fail') return result;
  const repeats = (error: Failed): boolean =>
    (error.cause !== undefined && error.cause === result.cause) ||
    (result.severity === 'warning' && error.found === result.found);
  const first = errors.find((error) => repeats(error.result))?.check ?? check;
  return first === check ? result : skip(`${first.name} failed`);
}

interface Timed {
  readonly result: CheckResult;
  readonly durationMs: number;
}

async function runOne(
  check: Check,
  context: CheckContext,
  results: ReadonlyMap<string, Promise<Timed>>,
  clock: Clock,
): Promise<Timed> {
  const missing = await missingNeed(check, results);
  const started = clock.now();
  const result = missing ?? (await resultOf(check, context));
  return { result, durationMs: Math.round(clock.now() - started) };
}

/** Waits for the checks that this one needs; the reason to skip it where one of them did not pass. */
async function missingNeed(
  check: Check,
  results: ReadonlyMap<string, Promise<Timed>>,
): Promise<CheckResult | undefined> {
  // Everything is started first: a check may need one that is behind it.
  await Promise.resolve();
  for (const needed of check.needs ?? []) {
    const result = (await results.get(needed))?.result;
    if (result && isError(result)) return skip(`${needed} failed`);
    if (result?.status === 'skip') return skip(`${needed} was skipped: ${result.reason}`);
  }
  return undefined;
}

async function resultOf(check: Check, context: CheckContext): Promise<CheckResult> {
  context.signal.throwIfAborted();
  try {
    const result = await check.run(context);
    return result.status === 'fail' ? { ...result, severity: result.severity ?? check.severity } : result;
  } catch (thrown) {
    context.signal.throwIfAborted();
    return afterThrow(check, toEdgeadmError(thrown), context);
  }
}

async function afterThrow(check: Check, error: EdgeadmError, context: CheckContext): Promise<CheckResult> {
  const { uid } = await context.host.facts();
  if (uid > 0 && (error.code === 'WRITE_FAILED' || isDenied(error))) return skip(`root is required: ${error.message}`);
  // A fault that concerns neither node nor cluster (a program that failed) must not give its code to the preflight.
  const ours = error.exit === EXIT.node || error.exit === EXIT.cluster;
  const code = ours && error.code !== 'PREFLIGHT_FAILED' ? error.code : undefined;
  const found = error.why?.includes('\n') ? `${error.what}\n${error.why}` : error.message;
  return fail(found, { severity: check.severity, remedy: error.next, code, cause: error });
}

function judge(check: Check, result: CheckResult, ignored: boolean): Omit<Verdict, 'durationMs'> {
  const head = { check: check.name, concerns: check.concerns };
  if (result.status === 'pass') return { ...head, status: 'ok', found: result.found };
  if (result.status === 'skip') return { ...head, status: 'skipped', found: result.reason };
  const { severity, found, remedy = check.remedy, code } = result;
  if (severity === 'warning') return { ...head, status: 'warning', found, remedy };
  return ignored
    ? { ...head, status: 'warning', found, remedy, ignored: true }
    : { ...head, status: 'error', found, remedy, code };
}
