import { UPGRADE_CHECKS } from '../../cluster-upgrade/precheck/checks.ts';
import { EdgeadmError, ERROR_CODES, type ErrorCode } from '../../errors/index.ts';
import { PATHS } from '../../host/node-paths.ts';
import { closest } from '../../lib/closest.ts';
import { RULE_TEXTS } from '../../phases/diagnose/rule-texts.ts';
import { joinPhases } from '../../phases/join/index.ts';
import { ALL_CHECKS } from '../../phases/preflight/checks.ts';
import { resetPhases } from '../../phases/reset/index.ts';
import { upgradePhases } from '../../phases/upgrade/index.ts';
import type { Phase } from '../../workflow/phase.ts';

/** Something that edgeadm names in its output, and what it means. */
export interface Topic {
  readonly kind: 'code' | 'check' | 'phase';
  readonly name: string;
  /** Printed after the name. */
  readonly note: string;
  /** Titles with their texts. */
  readonly facts: Readonly<Record<string, string>>;
  /** In a list. */
  readonly row: Readonly<Record<string, string | number>>;
  /** For programs. */
  readonly data: Readonly<Record<string, unknown>>;
}

function codes(): Topic[] {
  return (Object.keys(ERROR_CODES) as ErrorCode[]).map((code) => {
    const { exit, cause, evidence, remedy } = ERROR_CODES[code];
    return {
      kind: 'code',
      name: code,
      note: `exit code ${exit}`,
      facts: { Cause: cause, Evidence: evidence, Remedy: remedy },
      row: { code, exit, cause },
      data: { code, ...ERROR_CODES[code] },
    };
  });
}

function checks(): Topic[] {
  const ofNodes = ALL_CHECKS.map(({ name, concerns, severity, about, remedy }): Topic => {
    const exit = severity === 'warning' ? 0 : concerns === 'node' ? 3 : 4;
    return {
      kind: 'check',
      name,
      note: severity === 'warning' ? 'preflight check, a warning' : `preflight check, exit code ${exit}`,
      facts: {
        Checks: about,
        Remedy: remedy,
        Ignore: `--ignore-preflight-errors ${name.replace(/\(.*\)$/, '')} reports its errors as warnings`,
      },
      row: { check: name, 'used by': 'preflight', about },
      data: { check: name, of: 'preflight', concerns, severity, about, remedy },
    };
  });
  const ofClusters = UPGRADE_CHECKS.map(
    ({ name, about, effect, advice }): Topic => ({
      kind: 'check',
      name,
      note: 'check before a cluster upgrade',
      facts: { Checks: about, Effect: effect, Advice: advice },
      row: { check: name, 'used by': 'cluster upgrade', about },
      data: { check: name, of: 'cluster upgrade', about, effect, advice },
    }),
  );
  return [...ofNodes, ...ofClusters, ...rules()];
}

function rules(): Topic[] {
  return Object.entries(RULE_TEXTS).map(([name, about]) => ({
    kind: 'check',
    name,
    note: 'finding of diagnose',
    facts: {
      'Reported when': about,
      Remedy: '`edgeadm diagnose` shows the evidence and the next step for this node',
    },
    row: { check: name, 'used by': 'diagnose', about },
    data: { check: name, of: 'diagnose', about },
  }));
}

function phases(): Topic[] {
  const workflows = { join: joinPhases, reset: resetPhases, upgrade: upgradePhases } as const;
  return Object.entries(workflows).flatMap(([workflow, list]) =>
    named(list as readonly Phase<never>[], '').map(({ name, title }): Topic => {
      return {
        kind: 'phase',
        name,
        note: `phase of ${workflow}`,
        facts: {
          Does: title,
          ...(workflow === 'join' && { 'Run alone': `edgeadm join phase ${name}` }),
          Log: `the lines of ${name}] in ${PATHS.edgeadm.log}`,
        } as Topic['facts'],
        row: { phase: name, 'used by': workflow, title },
        data: { phase: name, of: workflow, title },
      };
    }),
  );
}

function named(list: readonly Phase<never>[], parent: string): { name: string; title: string }[] {
  return list.flatMap((phase) => {
    const name = `${parent}${phase.name}`;
    return [{ name, title: phase.title }, ...named(phase.phases ?? [], `${name}/`)];
  });
}

/** Lists by the word that asks for one. */
export const TOPICS: Readonly<Record<string, (() => Topic[]) | undefined>> = { codes, checks, phases };

/**
 * Finds a code, a check or a phase, or several of the same name: preflight and diagnose share some. Letters of any case and dashes will do; of a check what is in brackets, and of a
 * phase its parent, may be left out.
 * @throws EdgeadmError USAGE, with the name that was probably meant
 */
export function findTopics(text: string): Topic[] {
  const all = [...codes(), ...checks(), ...phases()];
  const wanted = plain(text);
  const found = all.filter(({ name }) => plain(name) === wanted);
  if (found.length > 0) return found;
  const shorter = all.find(
    ({ name }) => plain(name.replace(/\(.*\)$/, '')) === wanted || plain(name.replace(/^.*\//, '')) === wanted,
  );
  if (shorter) return [shorter];
  const meant = all.find(
    ({ name }) =>
      plain(name) ===
      closest(
        wanted,
        all.map((each) => plain(each.name)),
      ),
  )?.name;
  throw new EdgeadmError({
    code: 'USAGE',
    what: `unknown error code, check or phase ${text}`,
    why: meant && `did you mean ${meant}?`,
    next: meant
      ? `edgeadm explain ${/[()]/.test(meant) ? `'${meant}'` : meant}`
      : '`edgeadm explain codes`, `edgeadm explain checks` and `edgeadm explain phases` list them',
  });
}

const plain = (name: string): string => name.toLowerCase().replaceAll('_', '-');
