import assert from 'node:assert/strict';
import { isAddonPod } from '../../../src/kubernetes/addons.ts';

/** Namespace, kind and name of the controller, and the add-on that the pod belongs to. */
const PODS: readonly (readonly [string, string, string, string | undefined])[] = [
  ['kube-system', 'DaemonSet', 'kube-proxy', 'kube-proxy'],
  ['kube-system', 'DaemonSet', 'coredns', 'coredns'],
  ['kube-system', 'DaemonSet', 'node-local-dns', 'node-local-dns'],
  // github.com/flannel-io/flannel: its manifest of 0.11, that of 0.15, and that of 0.20 and newer.
  ['kube-system', 'DaemonSet', 'kube-flannel-ds-amd64', 'flannel'],
  ['kube-system', 'DaemonSet', 'kube-flannel-ds', 'flannel'],
  ['kube-flannel', 'DaemonSet', 'kube-flannel-ds', 'flannel'],
  ['monitoring', 'DaemonSet', 'kube-proxy', undefined],
  ['monitoring', 'DaemonSet', 'kube-proxy-exporter', undefined],
  ['kube-system', 'DaemonSet', 'kube-proxy-exporter', undefined],
  ['kube-system', 'ReplicaSet', 'coredns', undefined],
];
const ADDONS = ['kube-proxy', 'flannel', 'coredns', 'node-local-dns'];

describe('the pods of add-ons', () => {
  for (const [namespace, kind, name, addon] of PODS) {
    it(`a pod of ${kind} ${namespace}/${name} belongs to ${addon ?? 'no add-on'}`, () => {
      const owner = { apiVersion: 'apps/v1', kind, name, uid: 'u', controller: true };
      const pod = { metadata: { namespace, name: `${name}-x`, ownerReferences: [owner] } };
      assert.deepEqual(
        ADDONS.filter((each) => isAddonPod(pod, each)),
        addon === undefined ? [] : [addon],
      );
    });
  }
});
