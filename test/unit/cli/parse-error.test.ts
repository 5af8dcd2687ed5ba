import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Errors, Parser } from '@oclif/core';
import { describe, it } from 'mocha';
import { foreignCommandHints } from '../../../src/cli/foreign-commands.ts';
import { joinFlags } from '../../../src/cli/join/flags.ts';
import { toCommandError, withCommandSuggestion } from '../../../src/cli/parse-error.ts';
import Completion from '../../../src/commands/completion.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';

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
    assert.equal(meant('--v=2 join').what, 'unknown flag --v before the command');
    assert.match(meant('--v=2 join').why ?? '', /put flags after the command/);
    assert.equal(meant('nodes').next, 'kubectl get nodes');
    assert.deepEqual([meant('frobnicate').why, meant('frobnicate').next], [undefined, 'edgeadm --help']);
  });

  const error = new EdgeadmError({ code: 'USAGE', what: 'command x not found' });
  for (const [line, next, why = /did you mean/] of [
    ['config print', 'edgeadm config print-defaults --help'],
    ['config view', 'edgeadm config validate --help'],
    ['config images list', 'kubeadm config images list', /bundle/],
    ['token generate', 'edgeadm token create --help', /when it creates it/],
    ['upgrade plan', 'edgeadm cluster upgrade plan --help'],
    ['upgrade plan v1.20.3', 'edgeadm cluster upgrade plan --help'],
    ['upgrade apply v1.20.3', 'edgeadm cluster upgrade start --help', /no control plane/],
    ['np', 'edgeadm nodepool --help'],
    ['np list -o json', 'edgeadm nodepool list --help'],
    ['get nodes -o wide', 'kubectl get nodes', /sandbox node list/],
    ['get np', 'edgeadm nodepool list --help'],
    ['get pods -A', 'kubectl get nodes', /kubectl shows the objects/],
    ['node get edge1', 'edgeadm node list --help'],
    ['node drain edge1', 'edgeadm reset --drain --help', /drains a node when it resets or upgrades it/],
    ['agent --server https://10.0.0.1', 'edgeadm join --help'],
    ['sandbox start', 'edgeadm sandbox up --help'],
    ['kubeadm join 10.0.0.1:6443', 'edgeadm join --help'],
    ['logs edge1', 'kubectl logs --help', /logs is a command of kubectl/],
    ['certs renew all', 'kubeadm certs check-expiration', /control plane/],
  ] as const)
    it(`edgeadm ${line} is answered with ${next}`, () => {
      const shown = withCommandSuggestion(error, line.split(' '), COMMANDS).toJSON();
      assert.equal(shown.next, next);
      assert.match(shown.why ?? '', why);
    });

  it('a mistyped command of a topic is not taken for one of kubectl', () => {
    const shown = withCommandSuggestion(error, ['node', 'lst'], ['node', 'node list']).toJSON();
    assert.equal(shown.why, 'did you mean `edgeadm node list`?');
  });

  it('every command that replaces one of another tool exists', () => {
    const manifest = readFileSync(join(import.meta.dirname, '../../../oclif.manifest.json'), 'utf8');
    const { commands } = JSON.parse(manifest) as { commands: object };
    const known = Object.keys(commands).map((id) => id.replaceAll(':', ' '));
    const advised = foreignCommandHints().flatMap(({ next }) => /^edgeadm ([a-z -]+?) --/.exec(next)?.[1] ?? []);
    assert.ok(advised.length > 20, String(advised.length));
    const isKnown = (name: string) => known.some((each) => each === name || each.startsWith(`${name} `));
    assert.deepEqual(
      advised.filter((name) => !isKnown(name)),
      [],
    );
  });

  it('a format of kubectl that edgeadm does not have is answered with jq, of the sandbox also with kubectl', () => {
    const complaint = 'Expected --output=jsonpath={.items} to be one of: text, json\nSee more help with --help';
    const meant = (command: string) => toCommandError(new Errors.CLIError(complaint), command)?.toJSON().why ?? '';
    assert.match(meant('nodepool list'), /-o json with jq$/);
    assert.match(meant('sandbox get'), /-o json with jq, or use kubectl --kubeconfig/);
  });
});
