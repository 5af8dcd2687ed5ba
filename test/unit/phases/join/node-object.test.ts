import assert from 'node:assert/strict';
import type { V1Node } from '@kubernetes/client-node';
import type { EdgeadmError } from '../../../../src/errors/index.ts';
import { checkTaints, readinessOf } from '../../../../src/phases/join/node-object.ts';

function node(ready: string, message: string): V1Node {
  return { status: { conditions: [{ type: 'Ready', status: ready, message, reason: 'KubeletNotReady' }] } };
}

describe('how far a node is', () => {
  it('Ready ends the wait', () =>
    assert.equal(readinessOf(node('True', 'kubelet is posting ready status')).state, 'ready'));

  it('a missing CNI configuration alone is well enough, in the words of old and new kubelets', () => {
    for (const message of [
      'runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
      '[runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized, CSINode is not yet initialized]',
      'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:docker: network plugin is not ready: cni config uninitialized',
    ]) {
      assert.equal(readinessOf(node('False', message)).state, 'no-cni', message);
    }
  });

  it('anything else beside it is waited for', () => {
    for (const message of [
      'container runtime is down',
      '[container runtime is down, runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized]',
      'PLEG is not healthy: pleg was last seen active 3m ago',
    ]) {
      assert.equal(readinessOf(node('False', message)).state, 'waiting', message);
    }
    assert.equal(readinessOf({}).state, 'waiting');
  });
});

describe('taints of a node that exists already', () => {
  const wanted = [{ key: 'edge', value: 'a', effect: 'NoSchedule' as const }];

  it('taints of a node that exists already do not matter if there is no such node, or where they are all there', () => {
    const taints = [
      { key: 'edge', value: 'a', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
    ];
    assert.doesNotThrow(() => checkTaints(undefined, wanted));
    assert.doesNotThrow(() => checkTaints({ spec: { taints } }, wanted));
  });

  it('taints that differ from those of an existing node are an error with the kubectl line', () => {
    assert.throws(
      () =>
        checkTaints(
          { metadata: { name: 'n1' }, spec: { taints: [{ key: 'edge', value: 'b', effect: 'NoSchedule' }] } },
          wanted,
        ),
      (error: EdgeadmError) =>
        error.code === 'TAINTS_DIFFER' && error.next.includes('kubectl taint node n1 --overwrite edge=a:NoSchedule'),
    );
  });
});
