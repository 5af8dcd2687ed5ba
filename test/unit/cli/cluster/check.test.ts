import assert from 'node:assert/strict';
import { reportOfCheck } from '../../../../src/cli/cluster/check.ts';

const CLUSTER = { clusterId: 'c1', name: 'shops', currentVersion: '1.26.3-aliyun.1' };
const report = (...items: Record<string, unknown>[]) =>
  reportOfCheck({ checkId: 'k', checkItems: { group: items } }, CLUSTER, '1.28.9-aliyun.1');

describe('the report of a check by the container service', () => {
  it("reads the words of the guide's report and those of a diagnosis", () => {
    const { rows, result } = report(
      { name: 'KubeProxy', result: 'Error', reason: 'gone', affect: 'no Services', advise: 'install it' },
      { name: 'Nodes', level: 'warning', value: ['edge1'], message: 'offline', refer: 'https://x' },
      { display: 'API', is_success: true },
    );
    assert.equal(result, 'error');
    assert.deepEqual(rows, [
      { check: 'KubeProxy', result: 'error', reason: 'gone', effect: 'no Services', advice: 'install it' },
      {
        check: 'Nodes',
        object: '["edge1"]',
        result: 'warning',
        reason: 'offline',
        effect: 'The service does not say.',
        advice: 'https://x',
      },
      { check: 'group', result: 'normal', reason: 'API', effect: '', advice: '' },
    ]);
  });

  it('the report of a check by the container service shows a result that is not known as a warning, and never as normal', () => {
    const { rows, result } = report({ name: 'New', level: 'purple' }, { name: 'Empty' });
    assert.equal(result, 'warning');
    assert.deepEqual(
      rows.map(({ reason }) => reason),
      ['reported: purple', 'reported: unknown'],
    );
  });
});
