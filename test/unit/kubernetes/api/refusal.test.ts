import assert from 'node:assert/strict';
import { ApiError } from '../../../../src/kubernetes/api/errors.ts';
import { adviceOnRefusal } from '../../../../src/kubernetes/api/refusal.ts';

/** Messages as kube-apiserver 1.20 and 1.37 send them, and what their reader is to do. */
const DENIALS: readonly [message: string, advice: RegExp][] = [
  [
    'nodes is forbidden: User "alice" cannot list resource "nodes" in API group "" at the cluster scope',
    /grant alice `list` on `nodes` cluster-wide; check it with `kubectl auth can-i list nodes`\.$/,
  ],
  [
    'configmaps "edge-hub-cfg" is forbidden: User "alice" cannot patch resource "configmaps" in API group "" in the namespace "kube-system"',
    /`patch` on `configmaps` in namespace kube-system; .*`kubectl auth can-i patch configmaps --namespace=kube-system`/,
  ],
  [
    'yurtappsets.apps.openyurt.io is forbidden: User "system:serviceaccount:a:b" cannot create resource "yurtappsets" in API group "apps.openyurt.io" in the namespace "default": RBAC: clusterrole.rbac.authorization.k8s.io "x" not found',
    /grant system:serviceaccount:a:b .*`kubectl auth can-i create yurtappsets\.apps\.openyurt\.io --namespace=default`/,
  ],
  [
    'pods "web" is forbidden: User "alice" cannot create resource "pods/eviction" in API group "" in the namespace "default"',
    /`create` on `pods\/eviction` in .*`kubectl auth can-i create pods --subresource=eviction --namespace=default`/,
  ],
  ['forbidden: User "alice" cannot get path "/metrics"', /`get` on `\/metrics`; .*`kubectl auth can-i get \/metrics`/],
  ['forbidden: User "system:anonymous" cannot get path "/apis"', /the request was anonymous/],
  [
    'nodes is forbidden: User "system:bootstrap:abcdef" cannot list resource "nodes" in API group "" at the cluster scope',
    /role bindings for bootstrap tokens.*`kubeadm init phase bootstrap-token`/,
  ],
  [
    'pods is forbidden: User "system:node:a" cannot list resource "pods" in API group "" at the cluster scope: can only list/watch pods with spec.nodeName field selector',
    /Node authorizer/,
  ],
  ['nodes "a" is forbidden: node "a" is not allowed to modify taints', /a rule of the cluster \(admission, quota\)/],
];

describe('what to do if the API server denies a request', () => {
  for (const [message, advice] of DENIALS)
    it(`advises what follows from the denial "${message.slice(0, 70)}"`, () => {
      assert.match(adviceOnRefusal(new ApiError(403, 'Forbidden', message)) ?? '', advice);
    });

  it('advises another kubeconfig if the API server rejects the credentials', () => {
    assert.match(adviceOnRefusal(new ApiError(401, 'Unauthorized', 'Unauthorized')) ?? '', /has expired/);
  });

  it('leaves the advice for other errors, and for answers of proxies, to the catalogue of errors', () => {
    assert.equal(adviceOnRefusal(new ApiError(404, 'NotFound', 'nodes "a" not found')), undefined);
    assert.equal(adviceOnRefusal(new ApiError(403, undefined, '<html>Forbidden</html>')), undefined);
  });
});
