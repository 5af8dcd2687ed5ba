import assert from 'node:assert/strict';
import { Errors, Parser } from '@oclif/core';
import { describe, it } from 'mocha';
import { joinFlags } from '../../../src/cli/join/flags.ts';
import { toCommandError, withCommandSuggestion } from '../../../src/cli/parse-error.ts';
import Completion from '../../../src/commands/completion.ts';

const COMMANDS = ['cluster', 'join', 'join phase', 'nodepool', 'nodepool list', 'sandbox node create'];

describe('a mistyped command line', () => {
  const ofFlag = async (word: string, flags: object = joinFlags) =>
    toCommandError(
      await Parser.parse([word], { flags, strict: true } as never).then(
        () => assert.fail(word),
        (error) => error,
      ),
    );

  it('a mistyped command line is answered with the flag that was probably meant', async () => {
    assert.equal((await ofFlag('--tokn=x'))?.toJSON().why, 'did you mean --token?');
    assert.equal((await ofFlag('--quite-another'))?.toJSON().why, undefined);
  });

  it('a mistyped command line is not answered with a hidden flag', async () => {
    assert.equal((await ofFlag('--valus', Completion.flags))?.toJSON().why, undefined);
  });

  it('a mistyped command line is answered with the command that was probably meant', () => {
    const error = toCommandError(new Errors.CLIError('command x not found'));
    assert.ok(error);
    const meant = (line: string) => withCommandSuggestion(error, line.split(' '), COMMANDS).toJSON();
    assert.equal(meant('jion 10.0.0.1:6443 --token x').why, 'did you mean `edgeadm join`?');
    assert.equal(meant('jion 10.0.0.1:6443 --token x').what, 'unknown command jion');
    assert.equal(meant('nodepool lst -o json').what, 'unknown command nodepool lst');
    assert.equal(meant('nodepool lst').next, 'edgeadm nodepool list --help');
    assert.equal(meant('sandbox node creat edge1').why, 'did you mean `edgeadm sandbox node create`?');
    assert.equal(meant('node list').next, 'kubectl get nodes');
    assert.deepEqual([meant('frobnicate').why, meant('frobnicate').next], [undefined, 'edgeadm --help']);
  });
});
