import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandRun, type NodeWork, runOnNodes, withSession } from '../../../src/cli/node-runner.ts';
import { stopCommand } from '../../../src/cli/signals.ts';
import type { NodeFlags } from '../../../src/cli/target-options.ts';
import type { Output, OutputOptions } from '../../../src/output/index.ts';

describe('The runner of commands that work on nodes', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'edgeadm-runner-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const flags = (more: Partial<NodeFlags> = {}): NodeFlags => ({
    'dry-run': false,
    yes: false,
    verbose: false,
    concurrency: 8,
    root,
    ...more,
  });
  const opened: Partial<OutputOptions>[] = [];
  const output = { emit: () => {}, hostDone: () => {}, ask: <T>(question: () => Promise<T>) => question() };
  const host = {
    openOutput: (options: Partial<OutputOptions>) => {
      opened.push(options);
      return output as unknown as Output;
    },
    version: '0.1.0',
    argv: ['join'],
  };
  const run = (prepare: (run: CommandRun) => Promise<NodeWork>, more: Partial<NodeFlags> = {}) =>
    runOnNodes({ name: 'join', flags: flags(more), limits: { cleanUpMs: 20, interruptedMs: 20 } }, host, prepare);
  /** Whether a command still listens to signals. */
  const isListening = () => stopCommand(new Error('looked'), 'cleanUpMs');

  it('works on the node with its lock and its journal', async () => {
    const result = await run(async () => ({
      onNode: withSession(async ({ session, label, dryRun }) => {
        await session.host.write('/etc/edge', 'x', { mode: 0o644 });
        return {
          outcome: 'joined',
          data: { label, dryRun, entries: session.journal.changesSince('start').length > 0 },
        };
      }),
    }));
    assert.equal(result.ok, true);
    assert.deepEqual(result.hosts[0]?.data, { label: root, dryRun: false, entries: true });
    assert.equal(isListening(), false);
  });

  it('ends at once, and listens to no signal any more, if what it needs cannot be opened', async () => {
    const prepare = async (): Promise<NodeWork> => {
      throw new Error('EDGEADM_CLOUD_CA cannot be read');
    };
    await assert.rejects(run(prepare), /EDGEADM_CLOUD_CA/);
    assert.equal(isListening(), false);
  });

  it('closes what a command has opened, also if its work fails', async () => {
    let closed = 0;
    const result = await run(async () => ({
      onNode: async () => {
        throw new Error('failed');
      },
      close: async () => void closed++,
    }));
    assert.equal(result.ok, false);
    assert.equal(closed, 1);
  });

  const hanging: [name: string, prepare: () => Promise<NodeWork>][] = [
    ['its preparation', () => new Promise(() => {})],
    ['the work on a node', async () => ({ onNode: () => new Promise(() => {}) })],
    [
      'closing a connection',
      async () => ({
        onNode: ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        close: () => new Promise(() => {}),
      }),
    ],
  ];
  for (const [what, prepare] of hanging) {
    it(`ends with TIMEOUT if ${what} never ends`, async () => {
      const result = await run(prepare, { timeout: '20ms' }).catch((error) => ({ error }));
      assert.equal(result.error?.code, 'TIMEOUT');
      assert.equal(isListening(), false);
    });
  }

  it('takes no lock and plans only, in a dry run and for a command that only looks', async () => {
    const prepare = async (): Promise<NodeWork> => ({
      onNode: withSession(async ({ dryRun }) => ({ outcome: 'planned', data: { dryRun } })),
    });
    const planned = await run(prepare, { 'dry-run': true });
    const looked = await runOnNodes({ name: 'preflight', flags: flags(), looksOnly: true }, host, prepare);
    assert.deepEqual([planned.hosts[0]?.data, looked.hosts[0]?.data], [{ dryRun: true }, { dryRun: true }]);
    assert.equal(opened.at(-1)?.looksOnly, true);
  });
});
