import assert from 'node:assert/strict';
import { load } from 'js-yaml';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { createOutput } from '../../../src/output/index.ts';
import type { CommandResult } from '../../../src/output/renderer.ts';
import { yamlDocument } from '../../../src/output/yaml.ts';
import { asWriteStream, FakeStream } from './fake-terminal.ts';

const TOKEN = 'zyxwvu.fedcba9876543210';
const RESULT: CommandResult = { ok: true, command: 'x', hosts: [] };
const HOST = {
  host: 'edge1',
  ok: true,
  outcome: 'joined',
  durationMs: 5,
  verdict: 'for people',
  data: { changed: true },
};

describe('a result as YAML', () => {
  it('-o yaml prints the data of -o json, without secrets', () => {
    const data = [{ id: 'abcdef', expires: new Date(0), description: undefined, seen: TOKEN }];
    const text = yamlDocument({ ...RESULT, data });
    assert.doesNotMatch(text, /fedcba9876543210/);
    const [{ seen: _seen, ...rest }] = load(text) as [Record<string, unknown>];
    assert.deepEqual(rest, { id: 'abcdef', expires: '1970-01-01T00:00:00.000Z' });
  });

  it('shows the secret that was requested', () => {
    assert.match(yamlDocument({ ...RESULT, data: { token: TOKEN }, reveal: true }), /fedcba9876543210/);
  });

  it('-o yaml of a command that works on nodes lists its hosts, without sentences for people', () => {
    const { verdict: _verdict, ...host } = HOST;
    assert.deepEqual(load(yamlDocument({ ...RESULT, hosts: [HOST] })), [host]);
  });

  it('standard output has nothing but the document; errors and tables for people are beside it, each error once', async () => {
    const [stdout, stderr] = [new FakeStream(), new FakeStream()];
    const output = createOutput({
      ...{ mode: 'yaml', verbose: false, command: 'join', version: '1', hosts: ['a', 'b'], looksOnly: true },
      ...{ stdout: asWriteStream(stdout), stderr: asWriteStream(stderr), env: {} },
    });
    const error = new EdgeadmError({ code: 'TIMEOUT', what: 'it took too long' });
    const failed = { host: 'b', ok: false, outcome: 'failed', durationMs: 1, error };
    output.tell('for people\n');
    output.hostDone(failed);
    await output.result({ ...RESULT, ok: false, hosts: [{ ...HOST, host: 'a' }, failed], text: 'table\n' });
    await output.close();
    const shown = load(stdout.text) as { host: string; error?: { code: string } }[];
    assert.deepEqual(
      shown.map(({ host, error }) => [host, error?.code]),
      [
        ['a', undefined],
        ['b', 'TIMEOUT'],
      ],
    );
    assert.equal(stderr.text.split('it took too long').length, 2, stderr.text);
  });
});
