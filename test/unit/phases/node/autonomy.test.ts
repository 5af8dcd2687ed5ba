import assert from 'node:assert/strict';
import type { V1Node } from '@kubernetes/client-node';
import type { EdgeadmError } from '../../../../src/errors/index.ts';
import { autonomyBefore, autonomyChanges, autonomyOf, refuseOldKeeper } from '../../../../src/phases/node/autonomy.ts';

const ACK = { 'alibabacloud.com/is-edge-worker': 'true' };
const OPENYURT = { ...ACK, 'openyurt.io/is-edge-worker': 'true' };

function nodeWith(name: string, labels: Record<string, string>, annotations: Record<string, string> = {}): V1Node {
  return { metadata: { name, labels, annotations } };
}

describe('node autonomy', () => {
  it("node autonomy is written in the vendor's words on its nodes, and in OpenYurt's on those of OpenYurt", () => {
    const patches = autonomyChanges([nodeWith('a', ACK), nodeWith('b', OPENYURT)], true).map(({ patch }) => patch);
    assert.deepEqual(patches, [
      { metadata: { annotations: { 'node.beta.alibabacloud.com/autonomy': 'true' } } },
      {
        metadata: {
          annotations: { 'node.beta.openyurt.io/autonomy': 'true', 'node.openyurt.io/autonomy-duration': null },
        },
      },
    ]);
  });

  it('node autonomy with a limit removes the annotation without one, which would win', () => {
    const [change] = autonomyChanges([nodeWith('b', OPENYURT)], true, '2h');
    assert.deepEqual(change?.patch, {
      metadata: { annotations: { 'node.beta.openyurt.io/autonomy': null, 'node.openyurt.io/autonomy-duration': '2h' } },
    });
  });

  it('cloud nodes, nodes of the control plane and limits that the vendor does not have are refused together', () => {
    const cloud = nodeWith('c', { 'alibabacloud.com/is-edge-worker': 'false' });
    const nodes = [nodeWith('a', ACK), nodeWith('b', OPENYURT), cloud, nodeWith('m', {})];
    assert.throws(
      () => autonomyChanges(nodes, true, '2h'),
      ({ code, why = '' }: EdgeadmError) =>
        code === 'SETTING_REFUSED' && /^a: .*\nc: a cloud node.*\nm: not an edge node/.test(why),
    );
  });

  it('node autonomy is read as the controllers read it', () => {
    const beta = { 'node.beta.openyurt.io/autonomy': 'true' };
    const duration = (value: string) => ({ 'node.openyurt.io/autonomy-duration': value });
    const read = (labels: Record<string, string>, annotations: Record<string, string>) => {
      const { autonomous, duration: limit } = autonomyOf(nodeWith('n', labels, annotations));
      return autonomous ? (limit ?? 'no limit') : 'off';
    };
    assert.equal(read(OPENYURT, {}), 'off');
    assert.equal(read(OPENYURT, { ...beta, ...duration('2h') }), 'no limit');
    assert.equal(read(OPENYURT, duration('2h')), '2h');
    assert.equal(read(OPENYURT, duration('0s')), 'no limit');
    assert.equal(read(OPENYURT, duration('soon')), 'off');
    assert.equal(read(OPENYURT, { 'apps.openyurt.io/binding': 'true' }), 'no limit');
    assert.equal(read(ACK, beta), 'off');
    assert.equal(read({ 'openyurt.io/is-edge-worker': 'false' }, beta), 'off');
  });

  it('the undo of node autonomy gives each node what it had', () => {
    const nodes = [
      nodeWith('a', OPENYURT),
      nodeWith('b', OPENYURT, { 'node.openyurt.io/autonomy-duration': '2h' }),
      nodeWith('c', OPENYURT, { 'node.beta.openyurt.io/autonomy': 'true' }),
    ];
    assert.deepEqual(autonomyBefore(nodes, { autonomous: true, duration: undefined }), [
      { autonomous: false, duration: undefined, names: ['a'] },
      { autonomous: true, duration: '2h', names: ['b'] },
    ]);
  });

  it('a limit in time is refused if the controller of the cluster is too old to read it', () => {
    refuseOldKeeper({ name: 'yurt-manager', version: '1.6.1' });
    refuseOldKeeper({ name: undefined, version: undefined });
    assert.throws(() => refuseOldKeeper({ name: 'yurt-manager', version: '1.5.1' }), { code: 'SETTING_REFUSED' });
  });
});
