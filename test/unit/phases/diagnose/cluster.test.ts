import assert from 'node:assert/strict';
import { Journal } from '../../../../src/host/journal/journal.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import { memoize } from '../../../../src/lib/memoize.ts';
import { collect } from '../../../../src/phases/diagnose/collect.ts';
import { cluster } from '../../../../src/phases/diagnose/collectors/cluster.ts';
import type { CollectedFacts } from '../../../../src/phases/diagnose/facts.ts';
import { findings } from '../../../../src/phases/diagnose/rules.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../../src/pki/self-signed.ts';
import { fakeHost, filesOf } from '../../fake-host.ts';
import { type ApiAnswer, apiServer } from '../../kubernetes/api-server.ts';

const { signal } = new AbortController();
const NOW = Date.parse('2026-11-29T12:00:00Z');
const BEFORE = '2026-11-29T11:50:00Z';
const FORBIDDEN: ApiAnswer = {
  status: 403,
  body: { reason: 'Forbidden', message: 'User "system:node:edge-1" cannot list resource "events"' },
};

const condition = (type: string, status: string, reason: string, message: string) => ({
  ...{ type, status, reason, message },
  ...{ lastTransitionTime: BEFORE, lastHeartbeatTime: '2026-11-29T11:59:50Z' },
});
const READY = condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status');
const node = (conditions: object[], spec: object = {}) => ({
  metadata: { name: 'edge-1', annotations: { 'example.com/token': 'planted-annotation' } },
  spec,
  status: { conditions, nodeInfo: { machineID: 'mine' } },
});
const pod = (name: string, status: object, namespace = 'default') => ({
  metadata: { name, namespace, annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'planted-applied' } },
  spec: { nodeName: 'edge-1', containers: [{ name: 'c', env: [{ name: 'PLAIN', value: 'planted-env' }] }] },
  status: { startTime: BEFORE, ...status },
});
const waiting = (reason: string, message?: string) => ({
  phase: 'Pending',
  containerStatuses: [
    { name: 'c', image: 'c', ready: false, restartCount: 0, state: { waiting: { reason, message } } },
  ],
});
const event = (object: { kind: string; name: string; namespace?: string }, reason: string, message: string) => ({
  ...{ type: 'Warning', reason, message, count: 3 },
  involvedObject: object,
  lastTimestamp: '2026-11-29T11:59:00Z',
});

interface Cluster {
  readonly node?: object | 401;
  readonly pods?: readonly object[];
  /** Undefined: the node's own certificate, which may not list them. */
  readonly events?: readonly object[];
}

/** One for all tests: each is a secret that every text is searched for from then on. */
const oneKey = memoize(generateKey);

/** What is collected of a node: with its own certificate, or as an administrator if there are events. */
async function collected({ node, pods = [], events }: Cluster, machineId = 'mine') {
  const withKey = await oneKey();
  const asked: string[] = [];
  const server = await apiServer(({ path }) => {
    asked.push(path);
    if (node === 401) return { status: 401, body: { reason: 'Unauthorized', message: 'Unauthorized' } };
    if (path.startsWith('/api/v1/nodes/')) return node;
    if (path.startsWith('/api/v1/pods?')) return { items: pods };
    if (!path.includes('/events?')) return undefined;
    const [, wanted] = /involvedObject\.name=([\w-]+)/.exec(decodeURIComponent(path)) ?? [];
    const found = events?.filter((each) => (each as ReturnType<typeof event>).involvedObject.name === wanted);
    return found ? { items: found } : FORBIDDEN;
  });
  const subject = { commonName: 'system:node:edge-1', organizations: ['system:nodes'] };
  const host = fakeHost({
    connect: server.connect,
    now: () => NOW,
    facts: { machineId, hostname: 'edge-1' },
    files: {
      '/etc/kubernetes/pki/ca.crt': server.ca,
      '/etc/kubernetes/kubelet.conf': `clusters: [{cluster: {server: "${server.server}"}}]`,
      ...(!events && {
        '/var/lib/kubelet/pki/kubelet-client-current.pem':
          selfSignedCertificate(withKey, subject, {}) + withKey.privatePem,
      }),
    },
  });
  const admin = events && new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
  const journal = async () => Journal.empty(filesOf(host));
  const [found] = await collect(host, [cluster({ journal, admin })], { signal });
  admin?.close();
  assert.ok(found);
  assert.equal(found.outcome, 'ok', found.reason ?? '');
  const facts: Partial<CollectedFacts> = {
    kubeletConfigured: true,
    kubelet: { active: true, detail: '' },
    ...found.facts,
  };
  return { facts, findings: findings({ ...facts, clock: { node: NOW, uncertaintyMs: 0 } }), files: found.files, asked };
}

interface Row extends Cluster {
  readonly source: string;
  readonly rule: string;
  readonly severity?: 'warning';
  readonly what: RegExp;
  readonly evidence: RegExp;
  readonly next: RegExp;
}

const DISK = condition('DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure');
const EVICTED = {
  phase: 'Failed',
  reason: 'Evicted',
  message:
    'The node was low on resource: ephemeral-storage. Container c was using 92Ki, which exceeds its request of 0. ',
};

/** What clusters said of nodes in trouble, with where that is written. */
const ROWS: Readonly<Record<string, Row>> = {
  'DiskPressure that evicts every pod': {
    source: 'kubernetes/kubernetes#91600',
    node: node([DISK, READY], { taints: [{ key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' }] }),
    pods: [pod('web-1', EVICTED), pod('web-2', EVICTED)],
    rule: 'Pressure',
    what: /^the node reports DiskPressure: it evicts pods, removes images/,
    evidence:
      /^DiskPressure since 2026-11-29 11:50:00 UTC: kubelet has disk pressure[^\n]*\n2 pods are evicted:\n.*default\/web-1: The node was low/,
    next: /du -xh .*crictl rmi --prune/,
  },
  MemoryPressure: {
    source: 'https://kubernetes.io/docs/reference/node/node-status/#condition',
    node: node([
      condition('MemoryPressure', 'True', 'KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'),
      READY,
    ]),
    rule: 'Pressure',
    what: /MemoryPressure/,
    evidence: /insufficient memory/,
    next: /--sort=-rss/,
  },
  PIDPressure: {
    source: 'https://kubernetes.io/docs/concepts/policy/pid-limiting/',
    node: node([
      condition('PIDPressure', 'True', 'KubeletHasInsufficientPID', 'kubelet has insufficient PID available'),
      READY,
    ]),
    rule: 'Pressure',
    what: /PIDPressure/,
    evidence: /insufficient PID/,
    next: /uniq -c/,
  },
  'NetworkUnavailable without a route': {
    source: 'kubernetes/kops#4918',
    node: node([
      condition('NetworkUnavailable', 'True', 'NoRouteCreated', 'RouteController failed to create a route'),
      READY,
    ]),
    rule: 'NetworkUnavailable',
    what: /NetworkUnavailable/,
    evidence: /RouteController failed to create a route \(NoRouteCreated\)/,
    next: /whether the network add-on runs there.*spec\.nodeName=edge-1/,
  },
  'a kubelet that is no longer heard of': {
    source: 'https://kubernetes.io/docs/concepts/architecture/nodes/#node-status',
    node: node(
      [
        condition('DiskPressure', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'),
        condition('Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'),
      ],
      { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }] },
    ),
    rule: 'NotReady',
    what: /no longer hears from the kubelet/,
    evidence:
      /Ready=Unknown since [\s\S]*last heard of at 2026-11-29 11:59:50 UTC\ntaints: node\.kubernetes\.io\/unreachable:NoExecute/,
    next: /journalctl -u kubelet/,
  },
  'a node that is not Ready because of its PLEG': {
    source: 'kubernetes/kubernetes#45419',
    node: node([
      condition(
        'Ready',
        'False',
        'KubeletNotReady',
        'PLEG is not healthy: pleg was last seen active 3m2s ago; threshold is 3m0s',
      ),
    ]),
    rule: 'NotReady',
    what: /the node is not Ready: PLEG is not healthy/,
    evidence: /Ready=False/,
    next: /journalctl -u kubelet/,
  },
  'a volume whose ConfigMap is missing': {
    source: 'kubernetes/kubernetes#30177, events as an administrator sees them',
    node: node([READY]),
    pods: [pod('web-1', waiting('ContainerCreating'))],
    events: [
      event(
        { kind: 'Pod', name: 'web-1', namespace: 'default' },
        'FailedMount',
        'MountVolume.SetUp failed for volume "config" : configmap "web-cofig" not found',
      ),
    ],
    rule: 'Mount',
    what: /a volume of the pod default\/web-1 cannot be mounted/,
    evidence: /^default\/web-1: MountVolume\.SetUp failed .* configmap "web-cofig" not found/,
    next: /create that object in the namespace of the pod/,
  },
  'a volume that never attaches': {
    source: 'kubernetes/kubernetes#120571',
    node: node([READY]),
    pods: [pod('db-0', waiting('ContainerCreating'))],
    events: [
      event(
        { kind: 'Pod', name: 'db-0', namespace: 'default' },
        'FailedAttachVolume',
        'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node',
      ),
    ],
    rule: 'Mount',
    what: /default\/db-0/,
    evidence: /Multi-Attach error/,
    next: /volumeattachments/,
  },
  'a pod in a crash loop': {
    source: 'https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/',
    node: node([READY]),
    pods: [
      pod('web-1', { ...waiting('CrashLoopBackOff', 'back-off 5m0s restarting failed container'), phase: 'Running' }),
    ],
    rule: 'Pods',
    severity: 'warning',
    what: /^1 pod is not running/,
    evidence: /^default\/web-1: CrashLoopBackOff: back-off 5m0s/,
    next: /kubectl logs -n default web-1 --previous/,
  },
  'pods that were evicted, though the pressure is over': {
    source: 'https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/',
    node: node([READY]),
    pods: [pod('web-1', EVICTED)],
    rule: 'Evicted',
    severity: 'warning',
    what: /^1 pod is evicted from the node, last at 2026-11-29 11:50:00 UTC/,
    evidence: /ephemeral-storage/,
    next: /status\.phase=Failed/,
  },
  'a node that is cordoned': {
    source: 'https://kubernetes.io/docs/concepts/architecture/nodes/#manual-node-administration',
    node: node([READY], { unschedulable: true }),
    rule: 'Unschedulable',
    severity: 'warning',
    what: /cordoned/,
    evidence: /^$/,
    next: /^kubectl uncordon edge-1$/,
  },
  'a node that waits for its cloud controller': {
    source:
      'https://kubernetes.io/docs/reference/labels-annotations-taints/#node-cloudprovider-kubernetes-io-uninitialized',
    node: node([READY], {
      taints: [{ key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' }],
    }),
    rule: 'Unschedulable',
    severity: 'warning',
    what: /the cloud controller manager has not set the node up/,
    evidence: /uninitialized=true:NoSchedule/,
    next: /^kubectl taint node edge-1 node\.cloudprovider\.kubernetes\.io\/uninitialized-/,
  },
  'a read-only file system that node-problem-detector reports': {
    source: 'https://github.com/kubernetes/node-problem-detector',
    node: node([
      condition(
        'ReadonlyFilesystem',
        'True',
        'FilesystemIsReadOnly',
        'EXT4-fs (sda1): Remounting filesystem read-only',
      ),
      READY,
    ]),
    rule: 'Condition',
    severity: 'warning',
    what: /ReadonlyFilesystem/,
    evidence: /Remounting/,
    next: /kubectl describe node edge-1/,
  },
  'a Node object that was deleted': {
    source: 'https://kubernetes.io/docs/reference/kubectl/generated/kubectl_delete/',
    rule: 'Refused',
    what: /no Node object/,
    evidence: /the cluster has no Node edge-1/,
    next: /systemctl restart kubelet/,
  },
  'a certificate that the API server rejects': {
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/',
    node: 401,
    rule: 'Refused',
    what: /rejects the credentials of the node/,
    evidence: /401/,
    next: /edgeadm reset/,
  },
};

describe('what the cluster says of a node', () => {
  for (const [what, row] of Object.entries(ROWS)) {
    it(`diagnose names ${what} (${row.source})`, async () => {
      const [first] = (await collected(row)).findings;
      assert.equal(first?.rule, row.rule);
      assert.equal(first.severity, row.severity ?? 'error');
      assert.match(first.what, row.what);
      assert.match(first.evidence, row.evidence);
      assert.match(first.next, row.next);
    });
  }

  it('diagnose finds nothing in a cluster that is content with the node, good conditions of clouds included', async () => {
    const good = [
      READY,
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('KernelReady', 'True', 'KernelIsReady', 'the kernel is ready'),
      condition('EtcdIsVoter', 'True', 'MemberNotLearner', 'Node is a voting member of the etcd cluster'),
    ];
    const pods = [
      pod('done', { phase: 'Succeeded' }),
      pod('young', { ...waiting('ContainerCreating'), startTime: '2026-11-29T11:59:30Z' }),
      pod('old', { ...EVICTED, startTime: '2026-11-20T00:00:00Z' }),
    ];
    const { findings, asked } = await collected({ node: node(good), pods });
    assert.deepEqual(findings, []);
    assert.ok(asked.some((path) => /\/pods\?fieldSelector=spec\.nodeName%3Dedge-1/.test(path)));
  });

  it('diagnose calls a missing CNI configuration by its own name, not a node that is not Ready', async () => {
    const message =
      'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized';
    const found = await collected({ node: node([condition('Ready', 'False', 'KubeletNotReady', message)]) });
    assert.deepEqual(found.findings, []);
  });

  it('diagnose does not call a Node object deleted that the cluster has: the kubelet read it from a cache that lagged behind', async () => {
    const { facts } = await collected({ node: node([READY]) });
    const line =
      'E1130 19:37:43.083847 230 kubelet_node_status.go:447] Error updating node status, will retry: error getting node "edge-1": nodes "edge-1" not found';
    assert.deepEqual(findings({ ...facts, refusals: [line] }), []);
    assert.equal(findings({ ...facts, cluster: undefined, refusals: [line] })[0]?.rule, 'Refused');
  });

  it('diagnose blames the kubelet that is down before the conditions that are its last words', async () => {
    const { facts } = await collected({ node: node([DISK, READY]) });
    const rules = findings({ ...facts, kubelet: { active: false, detail: 'failed' } }).map(({ rule }) => rule);
    assert.deepEqual(rules, ['Kubelet', 'Pressure']);
  });

  it('diagnose says nothing about the node from the Node object of another machine, but that the name is taken', async () => {
    const { findings } = await collected({ node: node([DISK]) }, 'another');
    assert.deepEqual(
      findings.map(({ rule, what }) => [rule, what]),
      [['Refused', 'another machine of the cluster has the name of this node']],
    );
  });

  it('diagnose with the kubeconfig of another cluster does not call the Node object deleted', async () => {
    const { findings, files } = await collected({ events: [] });
    assert.deepEqual(findings, []);
    assert.match(
      files.map(({ text }) => text).join(),
      /the administrator's kubeconfig: the cluster has no Node edge-1/,
    );
  });

  it('diagnose takes an answer of an API server that is no Node for what it is', async () => {
    const server = await apiServer(({ path }) =>
      path.includes('/nodes/') ? { status: 200, body: { status: { conditions: 5 } } } : {},
    );
    const admin = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
    const [found] = await collect(fakeHost(), [cluster({ journal: async () => ({ joined: undefined }), admin })], {
      signal,
    });
    admin.close();
    assert.match(
      found?.files[0]?.text ?? '',
      /the administrator's kubeconfig: the API server's answer to GET \S+ is damaged: status\.conditions: /,
    );
  });

  it('without a cluster to ask, diagnose names evictions and failing mounts that the log of the kubelet has', () => {
    const eviction =
      'W0412 09:28:14.744599   14260 eviction_manager.go:344] eviction manager: must evict pod(s) to reclaim memory';
    const [pressure] = findings({ kubeletConfigured: true, evictionLines: [eviction] });
    assert.equal(pressure?.what, 'the kubelet evicts pods: MemoryPressure');
    const mount =
      'E0412 09:28:14.744599   14260 nestedpendingoperations.go:301] Operation for "x" failed. Error: "MountVolume.SetUp failed for volume \\"nfs\\" : mount failed: exit status 32 mount.nfs: access denied"';
    const [failing] = findings({ kubeletConfigured: true, mountLines: [mount, mount] });
    assert.equal(failing?.rule, 'Mount');
    assert.equal(failing.evidence, mount);
  });

  it('no annotation, no environment and no specification of a pod or a node is in the archive', async () => {
    const password = event(
      { kind: 'Node', name: 'edge-1' },
      'Unhealthy',
      'Liveness probe failed: command "mysqladmin -uroot -pplanted-mysql ping" timed out',
    );
    const cifs = event(
      { kind: 'Node', name: 'edge-1' },
      'FailedMount',
      'Mounting arguments: -t cifs -o username=u,password=planted-cifs,vers=3.0 //s/x',
    );
    const ceph = event(
      { kind: 'Node', name: 'edge-1' },
      'FailedMount',
      'Mounting arguments: -t ceph -o name=admin,secret=planted-ceph== 10.0.0.1:/',
    );
    const redis = event(
      { kind: 'Node', name: 'edge-1' },
      'Unhealthy',
      'command "redis-cli -a planted-redis ping" timed out',
    );
    const pull = event(
      { kind: 'Node', name: 'edge-1' },
      'Failed',
      'Failed to pull image "https://u:planted-pull@registry/x"',
    );
    const { files } = await collected({
      node: node([DISK, READY]),
      pods: [
        pod('web-1', { ...EVICTED }),
        pod('web-2', {
          phase: 'Failed',
          containerStatuses: [
            { name: 'c', state: { terminated: { reason: 'Error', exitCode: 1, message: 'planted-last-words' } } },
          ],
        }),
      ],
      events: [password, cifs, ceph, redis, pull],
    });
    const all = files.map(({ path, text }) => `${path}\n${text}`).join('\n');
    assert.match(all, /cluster\/events\.txt\n2026-11-29 11:59:00 UTC Warning Unhealthy Node\/edge-1: .*mysqladmin/);
    assert.match(all, /"pod": "default\/web-2"/);
    assert.deepEqual(all.match(/.*planted.*/g), null);
  });
});
