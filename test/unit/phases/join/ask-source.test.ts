import assert from 'node:assert/strict';
import type { JoinSource, SourceAnswer, SourceNode } from '../../../../src/cloud/join-source.ts';
import { joinDraft } from '../../../../src/config/join-spec.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import type { Entry } from '../../../../src/host/journal/entry.ts';
import { Journal } from '../../../../src/host/journal/journal.ts';
import { askSource, type SourceReply } from '../../../../src/phases/join/ask-source.ts';
import { fakeHost, filesOf } from '../../fake-host.ts';

const SETTINGS = { yes: false, timeoutMs: 1000, compatMatrix: [] };
const ANSWER: SourceAnswer = { cluster: {}, pool: { nodePool: 'np1' } };

/** Asks a source for a node with this journal and this rule for its name. */
async function ask(
  resolve: (node: SourceNode) => Promise<SourceAnswer>,
  { nodeName = '', journal = [] as Entry[], signal = new AbortController().signal, shown = [] as string[] } = {},
): Promise<SourceReply> {
  const lines = journal.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  const host = fakeHost({ files: { '/var/lib/edgeadm/journal.jsonl': lines } });
  const session = { host, journal: await Journal.read(filesOf(host)) };
  return askSource({
    source: { name: 'the service', endpoint: 'https://h', resolve, close: async () => {} } satisfies JoinSource,
    draft: joinDraft([{ nameOf: String, values: { nodeName } }], SETTINGS),
    session,
    label: 'h',
    emit: (event) => {
      if (event.type === 'message') shown.push(`${event.level} ${event.text}`);
    },
    signal,
    dryRun: false,
  });
}

describe('whoever tells a node its cluster', () => {
  it('whoever tells a node its cluster is told the name it will have, a random one too, and the node pool it is in', async () => {
    const asked: SourceNode[] = [];
    const journal: Entry[] = [
      { kind: 'choice', key: 'nodePool', value: 'np0' },
      { kind: 'joined', cluster: 'ca', node: 'edge-1', time: '' },
    ];
    const resolve = async (node: SourceNode): Promise<SourceAnswer> => {
      asked.push(node);
      return ANSWER;
    };
    const told = await ask(resolve, { nodeName: '*.shop', journal });
    assert.match(told.nodeName, /^[a-z0-9]{6}\.shop$/);
    assert.deepEqual([asked[0]?.name, asked[0]?.nodePool], [told.nodeName, 'np0']);
  });

  it('whoever tells a node its cluster is not followed in labels that a node may not give itself', async () => {
    const shown: string[] = [];
    const pool = { nodePool: 'np1', labels: { shop: '17', 'node-role.kubernetes.io/edge': '' } };
    const { answer } = await ask(async () => ({ cluster: {}, pool }), { shown });
    assert.deepEqual(answer.pool.labels, { shop: '17' });
    assert.match(shown.join(), /warning A label of the node pool is ignored: .*node-role\.kubernetes\.io\/edge/);
  });

  it('whoever tells a node its cluster may be given up on, which is an interruption and no fault', async () => {
    const controller = new AbortController();
    const resolve = async (): Promise<SourceAnswer> => {
      controller.abort(new Error('interrupted by SIGINT'));
      throw controller.signal.reason;
    };
    await assert.rejects(ask(resolve, { signal: controller.signal }), (error: unknown) => {
      assert.ok(error instanceof EdgeadmError);
      assert.deepEqual([error.code, error.exit], ['INTERRUPTED', 130]);
      return true;
    });
  });
});
