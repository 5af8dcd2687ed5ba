import { cleanText } from '../../lib/clean-text.ts';
import { type Style, styleOfResults } from '../../output/style.ts';
import type { Diagnosis } from '../../phases/diagnose/diagnose.ts';
import type { Finding } from '../../phases/diagnose/finding.ts';

/**
 * What people read on the terminal: the likely cause with its evidence, what else is wrong, what could not be
 * collected.
 */
export function diagnosisText({ host, findings, collectors }: Diagnosis, style: Style = styleOfResults()): string {
  const [first, ...others] = findings.map(cleanFinding);
  const colourOf = ({ severity }: Finding) => (severity === 'error' ? style.red : style.yellow);
  const nextOf = (next: string): string => nextStep(next, style);
  const named = (outcome: string): string =>
    collectors.flatMap((collector) => (collector.outcome === outcome ? collector.name : [])).join(', ');
  const [slow, notBegun, forbidden] = [named('slow'), named('not begun'), named('not allowed')];
  const failed = collectors.filter(({ outcome }) => outcome === 'failed');
  return [
    first
      ? `${host}: ${colourOf(first)(headOf(first))}: ${first.what} (${first.rule})\n${indented(first.evidence)}${nextOf(first.next)}`
      : `${host}: ${style.green('no problem was found')}${forbidden && ' in what may be seen'}\n`,
    ...others.map((finding) => {
      const { severity, what, rule, next } = finding;
      return `${colourOf(finding)(severity)}: ${what} (${rule})\n${nextOf(next)}`;
    }),
    ...failed.map(({ name, reason }) => `${style.yellow('failed')}: ${name}: ${cleanText(reason ?? '')}\n`),
    slow && `${style.yellow('timed out')}: ${slow}\n`,
    notBegun && `${style.yellow('not started because the time limit was reached')}: ${notBegun}\n`,
    forbidden && `${style.yellow('not allowed')}: ${forbidden}\n${nextOf('run it as root, with sudo')}`,
  ].join('');
}

/** Colours are ours alone, not those of a log that is quoted. */
function cleanFinding(finding: Finding): Finding {
  const { what, evidence, next } = finding;
  return { ...finding, what: cleanText(what), evidence: cleanText(evidence), next: cleanText(next) };
}

/** A warning is not why something fails: the node may work. */
function headOf({ severity }: Pick<Finding, 'severity'>): string {
  return severity === 'error' ? 'likely cause' : 'warning';
}

/** What to do, its further lines below its first. */
function nextStep(next: string, style: Style): string {
  return `  ${style.bold('next')}: ${next.replaceAll('\n', `\n${' '.repeat('  next: '.length)}`)}\n`;
}

function indented(text: string): string {
  return text.replace(/^.*\n?/gm, (line) => (line === '' ? '' : `  ${line.trimEnd()}\n`));
}
