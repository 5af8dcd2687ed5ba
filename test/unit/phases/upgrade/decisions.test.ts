import assert from 'node:assert/strict';
import {
  type Beginning,
  decideBeginning,
  decideEnd,
  type End,
  type FailedRun,
  type Found,
} from '../../../../src/phases/upgrade/decisions.ts';

describe('an upgrade of a node', () => {
  const found: Found = { unfinished: undefined, target: 'v1.20.2', migrateRuntime: false, dryRun: false };
  const unfinished = { from: 'v1.20.1', to: 'v1.20.2' };
  const move = { from: 'v1.20.2', to: 'v1.20.2' };
  const beginnings: readonly (readonly [string, Partial<Found>, Beginning])[] = [
    ['begins on a node with no unfinished one', {}, 'upgrade'],
    ['continues an unfinished one to the same version', { unfinished }, 'continue'],
    ['rolls back an unfinished one to another version first', { unfinished, target: 'v1.20.3' }, 'roll back first'],
    [
      'rolls back an unfinished one if the version before it is requested',
      { unfinished, target: 'v1.20.1' },
      'roll back first',
    ],
    [
      'continues an unfinished move to containerd with the flag',
      { unfinished: move, migrateRuntime: true },
      'continue',
    ],
    ['rolls back an unfinished move to containerd without the flag', { unfinished: move }, 'roll back first'],
    ['rolls nothing back in a dry run', { unfinished, target: 'v1.20.3', dryRun: true }, 'upgrade'],
  ];
  for (const [name, given, beginning] of beginnings)
    it(`an upgrade of a node ${name}`, () => assert.equal(decideBeginning({ ...found, ...given }), beginning));

  const run: FailedRun = {
    where: 'in a phase',
    code: 'COMMAND_FAILED',
    wasInterrupted: false,
    isBegun: true,
    dryRun: false,
  };
  const where = 'before the phases';
  const code = 'API_UNREACHABLE';
  const ends: readonly (readonly [string, Partial<FailedRun>, End])[] = [
    ['that fails in a phase is rolled back', {}, 'roll back'],
    [
      'that fails in a phase before its first change reports that',
      { isBegun: false },
      'report that nothing was changed',
    ],
    ['that is interrupted in a phase is not rolled back', { wasInterrupted: true }, 'interrupted'],
    ['that fails in a dry run reports the error', { dryRun: true }, 'report'],
    ['that is interrupted before the phases says how to continue', { where, wasInterrupted: true }, 'interrupted'],
    ['that continues without an API server keeps the kubelet running', { where, code }, 'keep the kubelet running'],
    ['that cannot begin without an API server reports that', { where, code, isBegun: false }, 'report'],
    ['that is checked in a dry run without an API server reports that', { where, code, dryRun: true }, 'report'],
    ['that is refused before the phases reports why', { where }, 'report'],
  ];
  for (const [name, given, end] of ends)
    it(`an upgrade of a node ${name}`, () => assert.equal(decideEnd({ ...run, ...given }), end));
});
