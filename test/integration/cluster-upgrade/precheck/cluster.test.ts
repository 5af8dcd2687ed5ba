import assert from 'node:assert/strict';
import { precheckCluster } from '../../../../src/cluster-upgrade/precheck/index.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import {
  daemonSet,
  deployment,
  list,
  node,
  reportOf,
  rowsOf,
  saidBy,
} from '../../../unit/cluster-upgrade/precheck/cluster.ts';

const SETS = '/apis/apps/v1/namespaces/kube-system/daemonsets';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/kube-system/deployments';
const PODS = '/api/v1/namespaces/kube-system/pods';
const BUDGETS = '/apis/policy/v1/poddisruptionbudgets';
const API_SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';
const VALIDATING = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';

const pod = (name: string, status: object, more: { node?: string; owner?: string; deleted?: boolean } = {}) => ({
  metadata: {
    name,
    namespace: 'kube-system',
    ...(more.owner && { ownerReferences: [{ kind: 'DaemonSet', name: more.owner, controller: true }] }),
    ...(more.deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  },
  spec: { nodeName: more.node },
  status,
});
const RUNNING = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };

describe('the report before an upgrade', () => {
  it('the report before an upgrade of a cluster in which all is well has one normal row for each check, and nothing to do', async () => {
    const report = await reportOf({ drain: true });
    assert.equal(report.result, 'normal');
    assert.deepEqual(
      report.rows.filter(({ result, effect, advice }) => result !== 'normal' || effect || advice),
      [],
    );
    assert.equal(new Set(report.rows.map(({ check }) => check)).size, report.rows.length);
    assert.equal(report.cluster, 'https://10.0.0.1:6443');
    assert.equal(report.clusterVersion, 'v1.20.3');
    assert.equal(new Date(report.started).toISOString(), report.started);
  });

  it('the report before an upgrade is as bad as its worst row', async () => {
    assert.equal((await reportOf({ nodes: [node('a', { cordoned: true })] })).result, 'warning');
    assert.equal((await reportOf({ nodes: [node('a', { cordoned: true, version: 'v1.9.0' })] })).result, 'error');
  });

  it('warns of what could not be looked at, says why, and goes on', async () => {
    const status = { status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'pods is forbidden' } };
    const answers = { [PODS]: status, '/apis/apiregistration.k8s.io': undefined };
    const report = await reportOf({ answers });
    const by = (check: string) => report.rows.find((row) => row.check === check);
    assert.equal(by('SystemPods')?.result, 'warning');
    assert.match(by('SystemPods')?.reason ?? '', /^Could not be checked: pods is forbidden$/);
    assert.match(by('APIServices')?.reason ?? '', /answered 404 to GET \/apis\/apiregistration\.k8s\.io/);
    assert.match(by('SystemPods')?.effect ?? '', /^Unknown\./);
    assert.equal(by('NodeVersion')?.result, 'normal');
    assert.equal(report.result, 'warning');
  });

  it('the report before an upgrade of a cluster that nobody answers for is an error with its address', async () => {
    const client = new ApiClient({ servers: ['https://10.9.9.9:6443'] }, async () => {
      throw new Error('connect ECONNREFUSED 10.9.9.9:6443');
    });
    const options = { targetVersion: '1.20.3', nodes: [], drain: false, signal: new AbortController().signal };
    await assert.rejects(precheckCluster(client, options), (error) => {
      assert.ok(error instanceof EdgeadmError);
      assert.equal(error.code, 'API_UNREACHABLE');
      assert.match(error.what, /10\.9\.9\.9/);
      return true;
    });
    client.close();
  });

  it('reads long lists to their end', async () => {
    const first = { metadata: { continue: 'two' }, items: [pod('a', RUNNING)] };
    const answers = { [PODS]: first, [`${PODS}?limit=500&continue=two`]: list(pod('b', { phase: 'Pending' })) };
    assert.equal(await saidBy('SystemPods', { answers }), 'warning | 1 pod: kube-system/b | Pending.');
  });

  it('lets a vendor cluster not go on without kube-proxy, and warns elsewhere', async () => {
    const answers = { [SETS]: list() };
    assert.match(await saidBy('KubeProxy', { answers }), /^warning \| kube-system has no DaemonSet or Deployment/);
    const vendor = { version: 'v1.20.11-aliyunedge.1', target: '1.20.11-aliyunedge.1' };
    assert.match(await saidBy('KubeProxy', { answers, ...vendor }), /^error/);
    const worker = { [SETS]: list(daemonSet('kube-proxy-worker', 2, 2)) };
    assert.match(await saidBy('KubeProxy', { answers: worker, ...vendor }), /^normal \| 1 component: DaemonSet/);
  });

  it('the report before an upgrade is an error if no pod of the DNS is available, a warning if some are not', async () => {
    const dns = (available: number) => ({ answers: { [DEPLOYMENTS]: list(deployment('coredns', 2, available)) } });
    assert.equal(await saidBy('CoreDNS', dns(0)), 'error | Deployment kube-system/coredns | 0 of 2 pods available.');
    assert.equal(await saidBy('CoreDNS', dns(1)), 'warning | Deployment kube-system/coredns | 1 of 2 pods available.');
  });

  it('says why the pods of a component are not available', async () => {
    const pulling = { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ErrImagePull' } } }] };
    const owned = pod('coredns-5d78c9869d-x1', pulling);
    const ownerReferences = [{ kind: 'ReplicaSet', name: 'coredns-5d78c9869d', controller: true }];
    const answers = {
      [DEPLOYMENTS]: list(deployment('coredns', 2, 1)),
      [PODS]: list({ ...owned, metadata: { ...owned.metadata, ownerReferences } }),
    };
    assert.match(await saidBy('CoreDNS', { answers }), /^warning .* \| 1 of 2 pods available \(ErrImagePull\)\.$/);
    const forbidden = { ...answers, [PODS]: 403 };
    assert.match(await saidBy('CoreDNS', { answers: forbidden }), /^warning .* \| 1 of 2 pods available\.$/);
  });

  it('looks at edge components and other parts where they are', async () => {
    assert.equal(await saidBy('EdgeComponents'), 'normal | None of these components is installed.');
    const answers = { [SETS]: list(daemonSet('edge-tunnel-agent', 3, 0), daemonSet('terway', 3, 0)) };
    assert.match(await saidBy('EdgeComponents', { answers }), /^error \| DaemonSet kube-system\/edge-tunnel-agent/);
    assert.match(await saidBy('SystemWorkloads', { answers }), /^warning \| DaemonSet kube-system\/terway/);
  });

  it('does not blame a component for the nodes that are offline', async () => {
    const lost = { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] };
    const state = (available: number) => ({
      nodes: [node('n1')],
      allNodes: [node('n1'), node('n2', { ready: 'offline' })],
      answers: {
        [SETS]: list(daemonSet('kube-proxy', 3, available)),
        [PODS]: list(pod('p1', RUNNING), pod('p2', lost, { node: 'n2', owner: 'kube-proxy' })),
      },
    });
    assert.match(await saidBy('KubeProxy', state(2)), /^normal/);
    assert.match(await saidBy('KubeProxy', state(1)), /^warning .* 1 of 3 pods available; 1 more on nodes/);
    assert.match(await saidBy('SystemPods', state(2)), /^normal/);
  });

  it('groups failing pods by what ails them', async () => {
    const waiting = (reason: string) => ({ phase: 'Running', containerStatuses: [{ state: { waiting: { reason } } }] });
    const unschedulable = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' };
    const answers = {
      [PODS]: list(
        pod('a', waiting('CrashLoopBackOff')),
        pod('b', waiting('CrashLoopBackOff')),
        pod('c', { phase: 'Pending', conditions: [unschedulable] }),
        pod('d', { phase: 'Failed', reason: 'Evicted' }),
        pod('done', { phase: 'Succeeded' }),
        pod('going', { phase: 'Pending' }, { deleted: true }),
        pod('well', RUNNING),
      ),
    };
    assert.equal(
      await saidBy('SystemPods', { answers }),
      [
        'warning | 2 pods: kube-system/a, kube-system/b | CrashLoopBackOff.',
        'warning | 1 pod: kube-system/c | Unschedulable.',
        'warning | 1 pod: kube-system/d | Evicted.',
      ].join('\n'),
    );
  });

  it('shows what an earlier upgrade left', async () => {
    const failed = { metadata: { name: 'upgrade-n1', namespace: 'kube-upgrade' }, status: { phase: 'Failed' } };
    const answers = { '/api/v1/namespaces/kube-upgrade/pods': list(failed) };
    const [row] = await rowsOf('UpgradePods', { answers });
    assert.equal(row?.object, '1 pod: kube-upgrade/upgrade-n1');
    assert.match(row?.advice ?? '', /kubectl -n kube-upgrade logs/);
  });

  it('the report before an upgrade is an error for an API of the server itself, a warning for one behind a Service', async () => {
    const away = (name: string, service?: object) => ({
      metadata: { name },
      spec: { service },
      status: { conditions: [{ type: 'Available', status: 'False', message: 'no endpoints' }] },
    });
    const answers = { [API_SERVICES]: list(away('v1.apps'), away('v1beta1.metrics.k8s.io', { name: 'metrics' })) };
    assert.equal(
      await saidBy('APIServices', { answers }),
      [
        'error | 1 API: v1.apps | Not available: no endpoints',
        'warning | 1 API: v1beta1.metrics.k8s.io | Not available: no endpoints',
      ].join('\n'),
    );
  });

  it('asks after PodDisruptionBudgets only if pods are evicted, in the version that the cluster has', async () => {
    const budget = (name: string, desiredHealthy: number, disruptionsAllowed: number, expectedPods = 2) => ({
      metadata: { name, namespace: 'shop' },
      status: { desiredHealthy, disruptionsAllowed, expectedPods },
    });
    const budgets = list(budget('web', 2, 0), budget('sick', 1, 0), budget('well', 1, 1), budget('empty', 0, 0, 0));
    const answers = {
      '/apis/policy': { preferredVersion: { groupVersion: 'policy/v1beta1' } },
      [BUDGETS]: undefined,
      '/apis/policy/v1beta1/poddisruptionbudgets': budgets,
    };
    assert.match(await saidBy('PodDisruptionBudgets', { answers }), /^normal \| No pods are evicted/);
    assert.equal(
      await saidBy('PodDisruptionBudgets', { answers, drain: true }),
      [
        'warning | 1 budget: shop/web | Allows no disruption, even when all pods are healthy.',
        'warning | 1 budget: shop/sick | Allows no disruption now: too few of its pods are healthy.',
      ].join('\n'),
    );
  });

  it('finds webhooks that must answer and cannot', async () => {
    const webhook = (name: string, resources: string[], more: object = {}) => ({
      name,
      clientConfig: { service: { namespace: 'guard', name: 'guard' } },
      rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources }],
      ...more,
    });
    const configuration = {
      metadata: { name: 'guard' },
      webhooks: [
        webhook('pods.guard', ['pods']),
        webhook('shop.guard', ['*/*'], { namespaceSelector: { matchLabels: { shop: 'yes' } } }),
        webhook('lenient.guard', ['pods'], { failurePolicy: 'Ignore' }),
        webhook('ingress.guard', ['ingresses']),
        webhook('far.guard', ['pods'], { clientConfig: { url: 'https://guard.example' } }),
      ],
    };
    const answers = { [VALIDATING]: list(configuration) };
    const [must, some, ...others] = (await saidBy('AdmissionWebhooks', { answers })).split('\n');
    assert.equal(
      must,
      'error | ValidatingWebhookConfiguration guard (pods.guard) | Service guard/guard has no endpoint, but reviews: pods CREATE, pods UPDATE.',
    );
    assert.match(some ?? '', /^warning .*shop\.guard.* nodes UPDATE.*pods\/eviction CREATE.* in some namespaces/);
    assert.deepEqual(others, []);
    const endpoints = { subsets: [{ addresses: [{ ip: '10.0.0.9' }] }] };
    assert.equal(
      await saidBy('AdmissionWebhooks', {
        answers: { ...answers, '/api/v1/namespaces/guard/endpoints/guard': endpoints },
      }),
      'normal | 3 webhooks must answer, each has an endpoint. 1 of them are behind a URL: not checked.',
    );
  });

  it('names every right that is missing, those of a drain only if there is one', async () => {
    const forbidden = ['create jobs', 'create pods/eviction', 'patch nodes'];
    assert.equal(
      await saidBy('Permissions', { forbidden }),
      'error | Not allowed: nodes (patch); jobs.batch in kube-upgrade (create).',
    );
    assert.match(await saidBy('Permissions', { forbidden, drain: true }), /; pods\/eviction \(create\)\.$/);
  });
});
