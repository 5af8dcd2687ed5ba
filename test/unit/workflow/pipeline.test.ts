import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { interruptedError } from '../../../src/errors/interrupted.ts';
import { runningPhase } from '../../../src/lib/running-phase.ts';
import { joinPhases } from '../../../src/phases/join/index.ts';
import { upgradePhases } from '../../../src/phases/upgrade/index.ts';
import type { WorkflowEvent } from '../../../src/workflow/events.ts';
import { type Phase, phaseNames } from '../../../src/workflow/phase.ts';
import { Pipeline, type PipelineOptions } from '../../../src/workflow/pipeline.ts';

interface Context {
  readonly ran: string[];
}

/** A phase that notes that it ran. */
function phase(name: string, parts: Partial<Phase<Context>> = {}): Phase<Context> {
  return { name, title: `Title of ${name}`, run: async ({ ran }) => void ran.push(name), ...parts };
}

interface Run {
  readonly ran: string[];
  readonly events: WorkflowEvent[];
  readonly pipeline: Pipeline<Context>;
}

function prepare(phases: readonly Phase<Context>[], options: Partial<PipelineOptions<Context>> = {}): Run {
  const ran: string[] = [];
  const events: WorkflowEvent[] = [];
  const pipeline = new Pipeline<Context>(phases, {
    host: 'node-1',
    context: { ran },
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    wet: true,
    ...options,
  });
  return { ran, events, pipeline };
}

/** `phase outcome` of each phase that ended, in order. */
function outcomes(events: readonly WorkflowEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'phase-end' ? [`${event.phase} ${event.outcome}`] : []));
}

const NESTED = [phase('a'), phase('b', { phases: [phase('x'), phase('y', { phases: [phase('deep')] })] }), phase('c')];

describe('a pipeline', () => {
  it('runs phases in order, sub-phases after their phase', async () => {
    const { pipeline, ran, events } = prepare(NESTED);
    await pipeline.run();
    assert.deepEqual(ran, ['a', 'b', 'x', 'y', 'deep', 'c']);
    assert.deepEqual(pipeline.done, ['a', 'b/x', 'b/y/deep', 'b/y', 'b', 'c']);
    assert.deepEqual(phaseNames(NESTED as readonly Phase<never>[]), ['a', 'b', 'b/x', 'b/y', 'b/y/deep', 'c']);
    assert.ok(events.every((event) => event.host === 'node-1' && Math.abs(event.time - Date.now()) < 5000));
  });

  describe('with a phase that a later one needs', () => {
    /** Ends when told. */
    function slow(parts: Partial<Phase<Context>> = {}) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const images = phase('images', { neededBy: 'start/kubelet', run: () => promise, ...parts });
      return { images, end: resolve, fail: reject };
    }
    const later = [phase('programs'), phase('start', { phases: [phase('files'), phase('kubelet')] })];
    const turn = () => new Promise((resolve) => setImmediate(resolve));

    it('a phase that a later one needs is waited for where it is the only one that was asked for', async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const one = phase('certificates', { neededBy: 'start/hub', run: () => promise });
      const { pipeline, events } = prepare([phase('start', { phases: [one, phase('hub')] })], {
        only: 'start/certificates',
      });
      const running = pipeline.run();
      await turn();
      assert.deepEqual(outcomes(events), []);
      resolve();
      await running;
      assert.deepEqual(outcomes(events), ['start/certificates done', 'start done']);
    });

    it('runs what is between beside it, and then waits', async () => {
      const { images, end } = slow();
      const { pipeline, ran, events } = prepare([images, ...later]);
      const running = pipeline.run();
      await turn();
      assert.deepEqual(ran, ['programs', 'start', 'files']);
      end();
      await running;
      assert.deepEqual(ran, ['programs', 'start', 'files', 'kubelet']);
      assert.deepEqual(outcomes(events), [
        'programs done',
        'start/files done',
        'images done',
        'start/kubelet done',
        'start done',
      ]);
    });

    it('fails with its error, and does not begin what needs it', async () => {
      const { images, fail } = slow();
      const { pipeline, ran } = prepare([images, ...later]);
      const running = pipeline.run();
      await turn();
      fail(new EdgeadmError({ code: 'NO_SPACE', what: 'the disk is full' }));
      await assert.rejects(running, { code: 'NO_SPACE' });
      assert.deepEqual(ran, ['programs', 'start', 'files']);
    });

    it('waits for it before it reports the failure of another, so that a roll-back meets nothing that goes on', async () => {
      const { images, end } = slow();
      const failure = new EdgeadmError({ code: 'WRITE_FAILED', what: 'cannot write' });
      const broken = phase('programs', { run: () => Promise.reject(failure) });
      const { pipeline } = prepare([images, broken]);
      let ended = false;
      const running = pipeline.run().finally(() => (ended = true));
      running.catch(() => {});
      await turn();
      assert.equal(ended, false);
      end();
      await assert.rejects(running, failure);
    });

    it('ends what runs beside a phase that fails, and reports what failed first', async () => {
      const failure = new EdgeadmError({ code: 'WRITE_FAILED', what: 'cannot write' });
      const images = phase('images', {
        neededBy: 'start/kubelet',
        run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      });
      const { pipeline, events } = prepare([
        images,
        phase('programs', { run: () => Promise.reject(failure) }),
        ...later,
      ]);
      await assert.rejects(pipeline.run(), failure);
      assert.deepEqual(outcomes(events), ['programs failed', 'images failed']);
    });

    it('begins nothing after a failure beside it', async () => {
      const { images, fail } = slow();
      const { promise, resolve } = Promise.withResolvers<void>();
      const { pipeline, ran } = prepare([images, phase('programs', { run: () => promise }), ...later]);
      const running = pipeline.run();
      fail(new EdgeadmError({ code: 'NO_SPACE', what: 'the disk is full' }));
      await turn();
      resolve();
      await assert.rejects(running, { code: 'NO_SPACE' });
      assert.deepEqual(ran, []);
    });

    it('waits for it also where the phase that needs it is skipped with its parent', async () => {
      const { images, end } = slow();
      const { pipeline, ran } = prepare([images, ...later, phase('check')], { skip: ['start'] });
      const running = pipeline.run();
      await turn();
      assert.deepEqual(ran, ['programs']);
      end();
      await running;
      assert.deepEqual(ran, ['programs', 'check']);
    });

    it('knows which of the two is at work, whichever began last', async () => {
      const { images, end } = slow({
        run: async ({ ran }) => {
          await turn();
          ran.push(`in ${runningPhase.getStore()}`);
        },
      });
      const { pipeline, ran } = prepare([images, phase('programs', { run: turn as () => Promise<void> }), ...later]);
      await pipeline.run();
      end();
      assert.equal(ran[0], 'in images');
    });

    it('fails where it cannot be found out which phase needs it', async () => {
      const failure = new EdgeadmError({ code: 'HOST_UNREACHABLE', what: 'no connection' });
      const { pipeline, ran } = prepare([phase('images', { neededBy: () => Promise.reject(failure) }), ...later]);
      await assert.rejects(pipeline.run(), failure);
      assert.deepEqual(ran, []);
    });

    it('runs one after the other where a function names no phase', async () => {
      const images = phase('images', { neededBy: async () => undefined });
      const { pipeline, ran } = prepare([images, ...later]);
      await pipeline.run();
      assert.deepEqual(ran, ['images', 'programs', 'start', 'files', 'kubelet']);
    });

    it('runs one after the other in a dry run', async () => {
      const { images } = slow({ run: async ({ ran }) => void ran.push('images') });
      const { pipeline, ran } = prepare([images, ...later], { wet: false });
      await pipeline.run();
      assert.deepEqual(ran, ['images', 'programs', 'start', 'files', 'kubelet']);
    });

    it('ends it also where what needs it is not run', async () => {
      const { images, fail } = slow();
      const { pipeline } = prepare([images, phase('programs')]);
      const running = pipeline.run();
      fail(new EdgeadmError({ code: 'NO_SPACE', what: 'the disk is full' }));
      await assert.rejects(running, { code: 'NO_SPACE' });
    });
  });

  it('leaves a phase alone if the node already is as it should be', async () => {
    const { pipeline, ran, events } = prepare([
      phase('a', { check: async () => true, phases: [phase('x')] }),
      phase('b'),
    ]);
    await pipeline.run();
    assert.deepEqual(ran, ['b']);
    assert.deepEqual(outcomes(events), ['a unchanged', 'b done']);
  });

  it('says why a phase is skipped', async () => {
    const { pipeline, events } = prepare(
      [phase('a', { when: () => false }), phase('b', { when: () => 'no edge-hub image' }), phase('c')],
      { skip: ['c'] },
    );
    await pipeline.run();
    const reasons = events.flatMap((event) => (event.type === 'phase-end' ? [event.detail] : []));
    assert.deepEqual(reasons, ['not needed', 'no edge-hub image', 'skipped by --skip-phases']);
  });

  it('skips a sub-phase by its path', async () => {
    const { pipeline, ran } = prepare(NESTED, { skip: ['b/y'] });
    await pipeline.run();
    assert.deepEqual(ran, ['a', 'b', 'x', 'c']);
  });

  it('runs one phase with its sub-phases, or one sub-phase without its phase', async () => {
    for (const [only, expected] of [
      ['b', ['b', 'x', 'y', 'deep']],
      ['b/y', ['y', 'deep']],
      ['b/x', ['x']],
      ['c', ['c']],
    ] as const) {
      const { pipeline, ran } = prepare(NESTED, { only });
      await pipeline.run();
      assert.deepEqual(ran, expected, only);
    }
  });

  it('runs one sub-phase even if its phase is as it should be', async () => {
    const { pipeline, ran } = prepare([phase('a', { check: async () => true, phases: [phase('x')] })], { only: 'a/x' });
    await pipeline.run();
    assert.deepEqual(ran, ['x']);
  });

  it('tells whose change it is before a phase begins', async () => {
    const told: string[] = [];
    const { pipeline } = prepare(
      [phase('a', { run: async () => assert.deepEqual(told, ['a']) }), phase('b', { when: () => false }), phase('c')],
      { onPhase: (name) => told.push(name) },
    );
    await pipeline.run();
    assert.deepEqual(told, ['a', 'c']);
  });

  it('stops at the first failure, and everything around it has failed too', async () => {
    const error = new EdgeadmError({ code: 'NO_SPACE', what: 'full' });
    const fail = phase('x', { run: () => Promise.reject(error) });
    const { pipeline, ran, events } = prepare([phase('a', { phases: [fail] }), phase('b')]);
    await assert.rejects(pipeline.run(), (thrown) => thrown === error);
    assert.deepEqual(ran, ['a']);
    assert.deepEqual(outcomes(events), ['a/x failed', 'a failed']);
  });

  it('makes a fault of its own of whatever else is thrown, wherever in a phase', async () => {
    const broken = (): never => {
      throw new TypeError('x is not a function');
    };
    for (const parts of [{ run: broken }, { check: broken }, { when: broken }]) {
      const { pipeline, events } = prepare([phase('a', parts)]);
      await assert.rejects(pipeline.run(), { code: 'INTERNAL', why: 'x is not a function' });
      assert.deepEqual(outcomes(events), ['a failed']);
    }
  });

  it('a pipeline that is interrupted names what is done and what is not', async () => {
    const controller = new AbortController();
    const interrupted = phase('b', {
      run: async ({ signal }) => {
        controller.abort(new Error('Ctrl-C'));
        signal.throwIfAborted();
      },
    });
    const { pipeline, ran } = prepare([phase('a', { phases: [phase('x')] }), interrupted, phase('c')], {
      signal: controller.signal,
    });
    await assert.rejects(pipeline.run(), { code: 'INTERRUPTED', what: 'interrupted in phase b', why: 'completed: a' });
    assert.deepEqual(ran, ['a', 'x']);
  });

  it('a pipeline whose step says that it was interrupted names what is done all the same', async () => {
    const controller = new AbortController();
    const interrupted = phase('b', {
      run: async ({ signal }) => {
        controller.abort(new Error('interrupted by SIGTERM'));
        throw interruptedError(signal, 'the work on edge1 was interrupted');
      },
    });
    const { pipeline } = prepare([phase('a'), interrupted], { signal: controller.signal });
    await assert.rejects(pipeline.run(), { code: 'INTERRUPTED', what: 'interrupted in phase b', why: 'completed: a' });
  });

  it('a pipeline that is interrupted between two phases does not begin the next', async () => {
    const controller = new AbortController();
    const last = phase('a', { run: async () => controller.abort(new Error('Ctrl-C')) });
    const { pipeline, ran } = prepare([last, phase('b')], { signal: controller.signal });
    await assert.rejects(pipeline.run(), { code: 'INTERRUPTED', what: 'interrupted in phase b' });
    assert.deepEqual(ran, []);
  });

  it('a pipeline that runs out of time says so', async () => {
    const late = new EdgeadmError({ code: 'TIMEOUT', what: 'the command did not end within 10m' });
    const { pipeline } = prepare([phase('a')], { signal: AbortSignal.abort(late) });
    await assert.rejects(pipeline.run(), (thrown) => thrown === late);
  });

  it('a pipeline that runs out of time during a wait says what it waited for', async () => {
    const controller = new AbortController();
    const waiting = phase('a', {
      run: async ({ waitFor }) => {
        const late = new EdgeadmError({ code: 'TIMEOUT', what: 'the command did not end within 10m' });
        setTimeout(() => controller.abort(late), 20);
        await waitFor({ what: 'the hub', timeoutMs: 60_000, probe: async () => ({ seen: 'nothing' }) });
      },
    });
    const { pipeline } = prepare([waiting], { signal: controller.signal });
    await assert.rejects(pipeline.run(), { code: 'TIMEOUT', message: /waiting for the hub: last seen: nothing/ });
  });

  it('a pipeline in a dry run tells what it would wait for and does not wait', async () => {
    let answer: unknown = 'none';
    const waiting = phase('a', {
      run: async ({ waitFor, wet }) => {
        assert.equal(wet, false);
        answer = await waitFor({ what: 'the node to be Ready', timeoutMs: 60_000, probe: async () => ({ seen: 'x' }) });
      },
    });
    const { pipeline, events } = prepare([waiting], { wet: false });
    await pipeline.run();
    assert.equal(answer, undefined);
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'plan' ? [event.action] : [])),
      ['wait for the node to be Ready'],
    );
  });

  it('waits no longer once it is interrupted', async () => {
    const controller = new AbortController();
    const waiting = phase('a', {
      run: async ({ waitFor }) => {
        setTimeout(() => controller.abort(new Error('Ctrl-C')), 20);
        await waitFor({ what: 'x', timeoutMs: 60_000, probe: async () => ({ seen: 'nothing' }) });
      },
    });
    const { pipeline } = prepare([waiting], { signal: controller.signal });
    await assert.rejects(pipeline.run(), { code: 'INTERRUPTED' });
  });

  it('a pipeline is rolled back backwards, shows it, and one failure does not keep the others', async () => {
    const rolledBack: string[] = [];
    const rollBack = (name: string) => async () => void rolledBack.push(name);
    const { pipeline, events } = prepare([
      phase('a', { rollBack: rollBack('a') }),
      phase('b', { rollBack: () => Promise.reject(new Error('the API server is away')) }),
      phase('c'),
      phase('d', { rollBack: rollBack('d') }),
    ]);
    await pipeline.rollBack();
    assert.deepEqual(rolledBack, ['d', 'a']);
    assert.deepEqual(outcomes(events), ['d rolled-back', 'b failed', 'a rolled-back']);
    const warnings = events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /the API server is away/);
  });
});

describe('the phases that others run beside', () => {
  for (const [workflow, phases] of Object.entries({ join: joinPhases, upgrade: upgradePhases }))
    it(`the phases of ${workflow} that others run beside are needed by one that comes later`, async () => {
      const names = phaseNames(phases as readonly Phase<never>[]);
      const needed = await neededIn(phases as readonly Phase<never>[]);
      assert.ok(needed.length > 0);
      for (const [name, neededBy] of needed) assert.ok(names.indexOf(neededBy) > names.indexOf(name), name);
    });
});

/** Names of phases with the phases that need them on a node that no power cut has met. */
async function neededIn(phases: readonly Phase<never>[], parent = ''): Promise<[string, string][]> {
  const context = { host: { imagesInDoubt: async () => [] }, spec: { skipPhases: [] } } as unknown as never;
  const found: [string, string][] = [];
  for (const { name, neededBy, phases: below = [] } of phases) {
    const needing = typeof neededBy === 'function' ? await neededBy(context) : neededBy;
    if (needing !== undefined) found.push([parent + name, needing]);
    found.push(...(await neededIn(below, `${parent}${name}/`)));
  }
  return found;
}
