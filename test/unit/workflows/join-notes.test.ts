import assert from 'node:assert/strict';
import { type BedNode, type WorkflowBed, workflowBed } from '../workflow-bed/bed.ts';

const warningsOf = ({ events }: BedNode): string =>
  events.flatMap((event) => (event.type === 'message' && event.level === 'warning' ? [event.text] : [])).join('\n');

describe('what a join says of a node that works', function () {
  this.timeout(120_000);
  let bed: WorkflowBed;
  before(async () => {
    bed = await workflowBed();
  });
  after(() => bed.close());

  it('a machine that was cloned is told which node has its machine-id (SUSE/doc-caasp#623)', async () => {
    const [one, two] = [await bed.node(), await bed.node()];
    await two.put('/etc/machine-id', await one.text('/etc/machine-id'));
    await one.join();
    assert.doesNotMatch(warningsOf(one), /cloned/);
    await two.join();
    assert.match(warningsOf(two), new RegExp(`machine-id of the node ${one.name}: it was cloned`));
  });

  it('a serving certificate that nobody approves is named at the end (kubernetes/kubeadm#1635, #591)', async () => {
    const kubelet = 'kind: KubeletConfiguration\nserverTLSBootstrap: true\n';
    const path = '/api/v1/namespaces/kube-system/configmaps';
    const there = await bed.admin.find(`${path}/kubelet-config-1.20`);
    if (there) await bed.admin.patch(`${path}/kubelet-config-1.20`, { data: { kubelet } });
    else await bed.admin.create(path, { metadata: { name: 'kubelet-config-1.20' }, data: { kubelet } });
    const node = await bed.node();
    await node.join();
    assert.match(warningsOf(node), /waits for its serving certificate .*kubectl certificate approve/);
  });
});
