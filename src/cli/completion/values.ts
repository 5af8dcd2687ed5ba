import type { Interfaces } from '@oclif/core';
import { UPGRADE_CHECKS } from '../../cluster-upgrade/precheck/checks.ts';
import { ERROR_CODES } from '../../errors/index.ts';
import { joinPhases } from '../../phases/join/index.ts';
import { checkNames } from '../../phases/preflight/check-names.ts';
import { type Phase, phaseNames } from '../../workflow/phase.ts';

/** What only a start of the program can tell: it depends on a file or a cluster. */
export const DYNAMIC_VALUES = ['hosts', 'nodepools', 'nodes', 'tokens', 'sandbox-nodes', 'sandbox-actions'] as const;
export type DynamicValue = (typeof DYNAMIC_VALUES)[number];

/** What a value may be. */
export interface Values {
  /** `words`: one of them; `list`: some of them, separated by commas; `text`: anything. */
  readonly kind: 'words' | 'list' | 'files' | 'folders' | 'text' | DynamicValue;
  readonly words?: readonly string[];
}

type Flag = Interfaces.Manifest['commands'][string]['flags'][string];
type Argument = Interfaces.Manifest['commands'][string]['args'][string];

const phases = phaseNames(joinPhases as readonly Phase<never>[]);

const upgradeChecks = UPGRADE_CHECKS.map(({ name }) => name);

/** Flags whose values the code knows; if commands differ, by command as well. */
const FLAGS: Readonly<Record<string, Values>> = {
  host: { kind: 'hosts' },
  nodepool: { kind: 'nodepools' },
  'sandbox:fault:add action': { kind: 'sandbox-actions' },
  'skip-phases': { kind: 'list', words: phases },
  'ignore-preflight-errors': { kind: 'list', words: ['all', ...checkNames] },
  'cluster:upgrade:start ignore-preflight-errors': {
    kind: 'list',
    words: ['all', ...upgradeChecks],
  },
};

/** Arguments, by command and name. */
const ARGUMENTS: Readonly<Record<string, Values>> = {
  'bundle:create directory': { kind: 'folders' },
  'bundle:verify source': { kind: 'files' },
  'explain code': {
    kind: 'words',
    words: [...Object.keys(ERROR_CODES), ...checkNames, ...upgradeChecks, ...phases, 'codes', 'checks', 'phases'],
  },
  'join:phase phase': { kind: 'words', words: phases },
  'node:autonomy:disable node': { kind: 'nodes' },
  'node:autonomy:enable node': { kind: 'nodes' },
  'node:autonomy:show node': { kind: 'nodes' },
  'node:drill node': { kind: 'nodes' },
  'node:gateway:set node': { kind: 'nodes' },
  'node:gateway:unset node': { kind: 'nodes' },
  'node:list node': { kind: 'nodes' },
  'node:remove name': { kind: 'nodes' },
  'nodepool:attach-script name': { kind: 'nodepools' },
  'nodepool:delete name': { kind: 'nodepools' },
  'nodepool:get name': { kind: 'nodepools' },
  'nodepool:repair name': { kind: 'nodepools' },
  'nodepool:update name': { kind: 'nodepools' },
  'nodepool:upgrade name': { kind: 'nodepools' },
  'sandbox:get resource': { kind: 'words', words: ['nodes', 'pods', 'leases', 'csr', 'nodepools'] },
  'sandbox:get name': { kind: 'sandbox-nodes' },
  'sandbox:node:create name': { kind: 'sandbox-nodes' },
  'sandbox:node:delete name': { kind: 'sandbox-nodes' },
  'self:verify sums': { kind: 'files' },
  'token:delete token': { kind: 'tokens' },
};

/** What a flag takes. */
export function valuesOfFlag(command: string, flag: Flag): Values {
  if (flag.type !== 'option') return { kind: 'text' };
  if (flag.options) return { kind: 'words', words: flag.options };
  return FLAGS[`${command} ${flag.name}`] ?? FLAGS[flag.name] ?? pathsOf(flag.helpValue);
}

/** What an argument may be; undefined if it can be anything. */
export function valuesOfArgument(command: string, arg: Argument): Values | undefined {
  return arg.options ? { kind: 'words', words: arg.options } : ARGUMENTS[`${command} ${arg.name}`];
}

/** `FILE`, `DIR|TGZ|URL`; not `T|@FILE|-`, if bash would complete the file without its sign. */
function pathsOf(helpValue: string | readonly string[] | undefined): Values {
  const names = String(helpValue ?? '').split('|');
  if (names.some((name) => ['FILE', 'TGZ', 'PATH', 'OUT'].includes(name))) return { kind: 'files' };
  return { kind: names.includes('DIR') ? 'folders' : 'text' };
}
