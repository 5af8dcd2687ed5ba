import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { forEachLimited } from '../../../src/lib/for-each.ts';
import { MODES } from '../../unit/http/hostile-server.ts';
import { type BedNode, CLUSTER_VERSION, type WorkflowBed, workflowBed } from '../workflow-bed/bed.ts';
import type { HostileApi } from '../workflow-bed/hostile-api.ts';

/** A request of these ends only by a time limit. What ends the command is the same for a limit and for a signal. */
const ENDLESS: readonly string[] = [
  'says nothing',
  'sends a byte of the headers now and then',
  'sends a byte of the body now and then',
  'sends an interim answer now and then',
  'floods interim answers',
  'floods the body',
];
/** How a command is ended while it waits for the server. */
const ENDS: Readonly<Record<string, () => Error>> = {
  'its time limit': () => new EdgeadmError({ code: 'TIMEOUT', what: 'the command did not end within 5 s' }),
  SIGTERM: () => new Error('interrupted by SIGTERM'),
};
const AT_ONCE = 4;
/** What is rewritten whenever something is rolled back, and how long it was when a command ended. */
const JOURNAL = ['/var/lib/edgeadm/journal.jsonl', '/var/lib/edgeadm/sealed'];

interface Case {
  readonly mode: string;
  /** Number of the request that goes wrong. */
  readonly at: number;
  readonly end: string;
}

/** One of each kind: an end only by a limit, an answer that is none, half an answer, no answer. */
const KINDS = ['says nothing', 'switches protocols', 'cuts the body', 'closes at once'];

/** Each mode at one request, spread over all; each at every request with EDGEADM_TEST_EVERY_CHANGE=1. */
function casesOf(requests: number, modes: readonly string[]): Case[] {
  const all = process.env.EDGEADM_TEST_EVERY_CHANGE;
  return modes.flatMap((mode, row) =>
    Array.from({ length: all ? requests : 1 }, (_, column) => ({
      mode,
      at: all ? column : Math.floor((row * requests) / modes.length),
      end: Object.keys(ENDS)[(row + column) % 2] ?? '',
    })),
  );
}

describe('a workflow whose API server misbehaves at one request', function () {
  this.timeout(process.env.EDGEADM_TEST_EVERY_CHANGE ? 900_000 : 120_000);
  let bed: WorkflowBed;
  let bundle: string;
  before(async () => {
    bed = await workflowBed();
    bundle = await bed.bundle(CLUSTER_VERSION);
  });
  after(() => bed.close());

  const requestsOf = async (node: BedNode, run: () => Promise<unknown>): Promise<number> => {
    const way = await bed.hostileApi();
    node.faults.dial = (address) => way.dial(address);
    await run();
    return way.requests;
  };

  /** Runs a command whose request goes wrong. @returns its error, which is never a bug of ours */
  const runWrong = async (
    node: BedNode,
    { mode, at, end }: Case,
    run: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<EdgeadmError | undefined> => {
    const way: HostileApi = await bed.hostileApi();
    const command = new AbortController();
    const stop = (): void => command.abort(ENDS[end]?.());
    way.fault = { at, misbehave: MODES[mode] ?? (() => {}), afterwards: ENDLESS.includes(mode) ? stop : undefined };
    node.faults.dial = (address) => way.dial(address);
    const error = await run(command.signal).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    node.faults.dial = undefined;
    way.close();
    if (error === undefined) return undefined;
    assert.ok(error instanceof EdgeadmError, String(error));
    assert.notEqual(error.code, 'INTERNAL', `request ${at} ${mode}: ${error.message}`);
    return error;
  };
  const withoutJournal = async (node: BedNode): Promise<Record<string, string>> =>
    Object.fromEntries(Object.entries(await node.photograph()).filter(([path]) => !JOURNAL.includes(path)));

  it('join whose API server misbehaves at any request leaves nothing behind or succeeds, and the same command works', async () => {
    const requests = await requestsOf(...(await fresh((node) => node.join())));
    await forEachLimited(casesOf(requests, Object.keys(MODES)), AT_ONCE, async (each) => {
      const node = await bed.node();
      const before = await node.photograph();
      const error = await runWrong(node, each, (signal) => node.join({ signal }));
      const what = `request ${each.at} ${each.mode}, ended by ${each.end}: ${error?.message}`;
      // A join that a user interrupts is not rolled back: the same command finishes it.
      if (error && error.code !== 'INTERRUPTED') assert.deepEqual(await node.photograph(), before, what);
      await node.join();
      await node.remove();
    });
  });

  it('upgrade whose API server misbehaves at any request is rolled back or succeeds, and the same command works', async () => {
    const requests = await requestsOf(...(await joined((node) => node.upgrade({ spec: { bundle } }))));
    await forEachLimited(casesOf(requests, KINDS), AT_ONCE, async (each) => {
      const [node] = await joined();
      const before = await withoutJournal(node);
      const error = await runWrong(node, each, (signal) => node.upgrade({ spec: { bundle }, signal }));
      const what = `request ${each.at} ${each.mode}, ended by ${each.end}: ${error?.message}`;
      if (error && !['INTERRUPTED', 'TIMEOUT'].includes(error.code))
        assert.deepEqual(await withoutJournal(node), before, what);
      await node.upgrade({ spec: { bundle } });
      assert.match(await node.text('/usr/bin/kubelet'), new RegExp(CLUSTER_VERSION), what);
      await node.remove();
    });
  });

  it('reset whose API server misbehaves at any request leaves nothing behind, at once or by the same command', async () => {
    const requests = await requestsOf(...(await joined((node) => node.reset())));
    await forEachLimited(casesOf(requests, KINDS), AT_ONCE, async (each) => {
      const node = await bed.node();
      const before = await node.photograph();
      await node.join();
      const error = await runWrong(node, each, (signal) => node.reset({ signal }));
      if (error) await node.reset();
      assert.deepEqual(await node.photograph(), before, `request ${each.at} ${each.mode}: ${error?.message}`);
      await node.remove();
    });
  });

  async function fresh(run: (node: BedNode) => Promise<unknown>): Promise<[BedNode, () => Promise<unknown>]> {
    const node = await bed.node();
    return [node, () => run(node)];
  }
  async function joined(
    run: (node: BedNode) => Promise<unknown> = async () => {},
  ): Promise<[BedNode, () => Promise<unknown>]> {
    const node = await bed.node();
    await node.join();
    return [node, () => run(node)];
  }
});
