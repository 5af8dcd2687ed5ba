import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { callbackPhase } from '../../../../src/phases/join/callback.ts';
import type { Callback, JoinContext } from '../../../../src/phases/join/context.ts';
import type { WorkflowEvent } from '../../../../src/workflow/events.ts';
import { Pipeline } from '../../../../src/workflow/pipeline.ts';

/** What is shown while the phase runs with this callback, and the names that were told. */
async function run(callback: Partial<Callback> | undefined): Promise<{ shown: string[]; told: string[] }> {
  const shown: string[] = [];
  const told: string[] = [];
  const emit = (event: WorkflowEvent): void => {
    if (event.type === 'message') shown.push(`${event.level} ${event.text}`);
    if (event.type === 'phase-end') shown.push(event.outcome);
  };
  const whole = { isDue: () => true, send: async (name: string) => void told.push(name), ...callback };
  const context = { node: { name: async () => 'edge-1' }, callback: callback && whole } as unknown as JoinContext;
  const signal = new AbortController().signal;
  await new Pipeline([callbackPhase], { host: 'h', context, emit, signal, wet: true }).run();
  return { shown, told };
}

describe('the callback of a join', () => {
  it('tells the container service, in the words of the original', async () => {
    const { shown, told } = await run({});
    assert.deepEqual(told, ['edge-1']);
    assert.deepEqual(shown, ['info Callback to the OpenAPI.', 'info Callback to the OpenAPI successfully.', 'done']);
  });

  it('the callback of a join is left out if it is not requested, or was made already', async () => {
    assert.deepEqual(await run(undefined), { shown: ['skipped'], told: [] });
    assert.deepEqual(await run({ isDue: () => false }), { shown: ['unchanged'], told: [] });
  });

  it('the callback of a join that fails is a warning with the command that repeats it, and no failed join', async () => {
    const send = async (): Promise<void> => {
      throw new EdgeadmError({ code: 'CLOUD_UNREACHABLE', what: 'cs.example.com does not answer the node', why: 'x' });
    };
    const { shown } = await run({ send });
    assert.equal(shown.at(-1), 'done');
    assert.match(
      shown[1] ?? '',
      /^warning The node has joined.*cs\.example\.com[\s\S]*edgeadm join phase post-check\/callback/,
    );
  });
});
