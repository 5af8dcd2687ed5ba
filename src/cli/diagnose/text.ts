import type { Diagnosis } from '../../phases/diagnose/diagnose.ts';
import type { Finding } from '../../phases/diagnose/finding.ts';

/**
 * What people read on the terminal: the likely cause with its evidence, what else is wrong, what could not be
 * collected.
 */
export function diagnosisText({ host, findings, collectors }: Diagnosis): string {
  const [first, ...others] = findings;
  const named = (outcome: string): string =>
    collectors.flatMap((collector) => (collector.outcome === outcome ? collector.name : [])).join(', ');
  const [slow, notBegun, forbidden] = [named('slow'), named('not begun'), named('not allowed')];
  const failed = collectors.filter(({ outcome }) => outcome === 'failed');
  return [
    first ? `${host}: ${headOf(first)}: ${first.what} (${first.rule})\n` : `${host}: no problem was found`,
    first ? `${indented(first.evidence)}${nextStep(first.next)}` : `${forbidden && ' in what may be seen'}\n`,
    ...others.map(({ severity, what, rule, next }) => `${severity}: ${what} (${rule})\n${nextStep(next)}`),
    ...failed.map(({ name, reason }) => `failed: ${name}: ${reason}\n`),
    slow && `timed out: ${slow}\n`,
    notBegun && `not started because the time limit was reached: ${notBegun}\n`,
    forbidden && `not allowed: ${forbidden}\n  next: run it as root, with sudo\n`,
  ].join('');
}

/** A warning is not why something fails: the node may work. */
function headOf({ severity }: Pick<Finding, 'severity'>): string {
  return severity === 'error' ? 'likely cause' : 'warning';
}

/** What to do, its further lines below its first. */
function nextStep(next: string): string {
  return `  next: ${next.replaceAll('\n', `\n${' '.repeat('  next: '.length)}`)}\n`;
}

function indented(text: string): string {
  return text.replace(/^.*\n?/gm, (line) => (line === '' ? '' : `  ${line.trimEnd()}\n`));
}
