import assert from 'node:assert/strict';
import { Args, Flags, Parser } from '@oclif/core';
import { describe, it } from 'mocha';
import { toCommandError } from '../../../src/cli/parse-error.ts';

const flags = {
  mode: Flags.option({ options: ['basic', 'enhanced'] as const })(),
  'max-nodes': Flags.integer({ min: 1, max: 9 }),
  instance: Flags.string({ required: true }),
  token: Flags.string({ exclusive: ['profile'] }),
  profile: Flags.string(),
  labels: Flags.string({ multiple: true }),
};
const args = { phase: Args.string({ required: true, description: 'name of the phase' }) };

describe('a mistake in the command line', () => {
  for (const [line, what, why] of [
    ['', 'missing argument PHASE: name of the phase'],
    ['a', '--instance is required'],
    ['a b --instance i', 'unexpected argument b'],
    ['a --instance i --mode basix', '--mode: "basix" is not one of: basic, enhanced; did you mean basic?'],
    ['a --instance i --mode xyz', '--mode: "xyz" is not one of: basic, enhanced'],
    ['a --instance i --max-nodes many', '--max-nodes: "many" is not a whole number'],
    ['a --instance i --max-nodes 0', '--max-nodes: 0 is less than 1'],
    ['a --instance i --max-nodes 10', '--max-nodes: 10 is more than 9'],
    ['a --instance i --modus basic', 'unknown flag --modus', 'did you mean --mode?'],
    ['a --instance i --token t --profile p', '--profile cannot be used with --token'],
    ['a --instance', '--instance needs a value'],
  ] as const)
    it(`edgeadm COMMAND ${line} is answered in one plain sentence: ${what}`, async () => {
      const words = line.split(' ').filter(Boolean);
      const thrown = await Parser.parse(words, { flags, args, strict: true } as never).then(
        () => assert.fail(line),
        (error: Error) => error,
      );
      const error = toCommandError(thrown)?.toJSON();
      assert.deepEqual([error?.code, error?.what, error?.why], ['USAGE', what, why]);
    });
});
