import assert from 'node:assert/strict';
import type { CoreV1Event, V1Node, V1Pod } from '@kubernetes/client-node';
import fc from 'fast-check';
import { cloudCaller } from '../../../src/cloud/caller.ts';
import { containerService } from '../../../src/cloud/cs.ts';
import { ens } from '../../../src/cloud/ens.ts';
import { parseExchangeAnswer } from '../../../src/cloud/exchange-answer.ts';
import { chooseNodes, kubeletOf, poolNameOf } from '../../../src/cluster-upgrade/cluster/nodes.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { checkedObject } from '../../../src/kubernetes/api/object-shape.ts';
import { decide, podName } from '../../../src/kubernetes/drain/pods.ts';
import { placeOf } from '../../../src/kubernetes/edge-names.ts';
import { isReady } from '../../../src/kubernetes/node/conditions.ts';
import { isOffline, isWindows, reportedKubeletVersion } from '../../../src/kubernetes/node/node.ts';
import { troubleOf } from '../../../src/kubernetes/node/pod-trouble.ts';
import {
  clusterFacts,
  shownEvent,
  shownNode,
  shownPod,
} from '../../../src/phases/diagnose/collectors/cluster-facts.ts';
import { checkTaints, readinessOf } from '../../../src/phases/join/node-object.ts';
import { autonomyOf } from '../../../src/phases/node/autonomy.ts';

/** What a program in between, or a newer one, may put in the place of a value; undefined takes it away. */
const INSTEAD = [
  null,
  undefined,
  5,
  -1,
  1e300,
  '',
  '\0',
  'x'.repeat(5000),
  true,
  [],
  {},
  [null],
  [5],
  { a: { b: [1] } },
];

/** Where a JSON value can be damaged: the path of every value in it. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, each]) => placesIn(each, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((each, i) => (String(i) === key ? replaced(each, rest, by) : each));
  const { [key]: old, ...others } = value as Record<string, unknown>;
  return { ...others, [key]: replaced(old, rest, by) };
}

/** The sample with one to three of its values replaced. */
function damaged(sample: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({ at: fc.constantFrom(...placesIn(sample)), by: fc.constantFrom(...INSTEAD) });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) =>
    changes.reduce((value, { at, by }) => {
      // An earlier change may have taken the place away.
      const isThere = placesIn(value).some((path) => path.join('\n') === at.join('\n'));
      return isThere ? replaced(value, at, by) : value;
    }, sample),
  );
}

const META = { name: 'edge-1', namespace: 'kube-system', uid: 'u-1', labels: { a: 'b' }, annotations: { c: 'd' } };
const CONDITION = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'm', lastHeartbeatTime: 'x' };
const STATUS = {
  name: 'c',
  ready: false,
  restartCount: 3,
  state: { waiting: { reason: 'CrashLoopBackOff', message: 'm' } },
};

const NODE = {
  metadata: { ...META, creationTimestamp: '2026-11-29T11:00:00Z' },
  spec: { podCIDR: '10.244.1.0/24', unschedulable: true, taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] },
  status: {
    conditions: [CONDITION, { ...CONDITION, type: 'DiskPressure' }],
    addresses: [{ type: 'InternalIP', address: '10.0.0.5' }],
    nodeInfo: { machineID: 'm', kubeletVersion: 'v1.20.2', operatingSystem: 'linux', architecture: 'amd64' },
    capacity: { cpu: '4', memory: '8Gi' },
  },
};
const POD = {
  metadata: { ...META, ownerReferences: [{ kind: 'DaemonSet', name: 'd', controller: true }] },
  spec: { nodeName: 'edge-1', volumes: [{ name: 'v', emptyDir: {} }], containers: [{ name: 'c', image: 'i' }] },
  status: { phase: 'Pending', conditions: [CONDITION], containerStatuses: [STATUS], initContainerStatuses: [STATUS] },
};
const EVENT = {
  metadata: META,
  involvedObject: { kind: 'Pod', name: 'edge-1', namespace: 'kube-system' },
  reason: 'FailedMount',
  message: 'm',
  lastTimestamp: '2026-11-29T11:59:00Z',
  count: 3,
};

const factsOf = (node: V1Node, pods: V1Pod[], events: CoreV1Event[]) =>
  clusterFacts({ name: 'edge-1', as: 'x', node, pods, events, now: Date.parse('2026-11-29T12:00:00Z') });

/** An object of the cluster, and everything that edgeadm learns from it. */
const OBJECTS: Readonly<Record<string, { readonly sample: object; readonly read: (value: never) => unknown }>> = {
  'a Node': {
    sample: NODE,
    read: (node: V1Node) => [
      factsOf(node, [POD as unknown as V1Pod], [EVENT as unknown as CoreV1Event]),
      [shownNode(node), isReady(node), isOffline(node), isWindows(node), reportedKubeletVersion(node)],
      [placeOf(node), autonomyOf(node), readinessOf(node), poolNameOf(node), kubeletOf(node)],
      [checkTaints(node, []), chooseNodes([node], 'v1.20.3')],
    ],
  },
  'a Pod': {
    sample: POD,
    read: (pod: V1Pod) => [
      factsOf(NODE as unknown as V1Node, [pod], [EVENT as unknown as CoreV1Event]),
      [troubleOf(pod), decide(pod, {}, true), podName(pod), shownPod(pod)],
    ],
  },
  'an Event': {
    sample: EVENT,
    read: (event: CoreV1Event) => [
      factsOf(NODE as unknown as V1Node, [POD as unknown as V1Pod], [event]),
      shownEvent(event),
    ],
  },
};

/** Passes an answer, and an error that says whose it is; fails for a bug of edgeadm. */
function assertNamed(error: unknown, says: RegExp): void {
  assert.ok(error instanceof EdgeadmError && error.code !== 'INTERNAL', String((error as Error).stack));
  assert.match(error.message, says);
}

describe('an object of the cluster with values of another type', () => {
  for (const [what, { sample, read }] of Object.entries(OBJECTS)) {
    it(`${what} with damaged values is read, or refused with its path and the key, never a bug of edgeadm`, () => {
      read(checkedObject(sample, '/api/v1/x?limit=500') as never);
      const property = fc.property(damaged(sample), (value) => {
        if (typeof value !== 'object' || value === null) return;
        try {
          read(checkedObject(value, '/api/v1/x?limit=500') as never);
        } catch (error) {
          assertNamed(error, /^the API server's answer to GET \/api\/v1\/x is damaged: [a-zA-Z.[\]0-9]+: /);
        }
      });
      fc.assert(property, { numRuns: 1000 });
    }).timeout(20_000);
  }

  for (const [what, value, says] of [
    ['conditions of null, as Go writes none', { status: { conditions: null } }, undefined],
    ['a list that is a map', { status: { conditions: { '0': CONDITION } } }, /status\.conditions: /],
    ['a label that is a number', { metadata: { labels: { a: 5 } } }, /metadata\.labels\.a: /],
    ['a taint without its key', { spec: { taints: [{ effect: 'NoSchedule' }] } }, /spec\.taints\[0\]\.key: /],
  ] as const)
    it(`an object of the cluster is ${says ? 'refused with its key' : 'taken as one that leaves the field out'}: ${what}`, () => {
      if (says) assert.throws(() => checkedObject(value, '/api/v1/nodes/edge-1'), says);
      else assert.deepEqual(isReady(checkedObject(value, '/api/v1/nodes/edge-1') as never), false);
    });
});

describe('a node of a virtual kubelet', () => {
  for (const [source, kubeletVersion, isChosen] of [
    ['liqotech/liqo#265', 'N/A', false],
    ['a node that is simulated', 'fake', false],
    ['virtual-kubelet/virtual-kubelet#446', 'v1.13.1-vk-v0.7.4-28-g56927973', true],
    ['one that has not reported yet', '', true],
  ] as const)
    it(`the version ${JSON.stringify(kubeletVersion)} of one node does not end the plan of all: ${source}`, () => {
      const nodes = [NODE, { ...NODE, status: { nodeInfo: { kubeletVersion } }, metadata: { name: 'virtual' } }];
      const { nodes: chosen, leftOut } = chooseNodes(nodes as unknown as V1Node[], 'v1.20.3');
      assert.equal(chosen.length, isChosen ? 2 : 1);
      assert.deepEqual(leftOut, isChosen ? [] : ['virtual']);
    });
});

/** What the cloud answers, by action; some of them stand for the pages of a list. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  DescribeClusterDetail: {
    cluster_id: 'c-1',
    name: 'shops',
    state: 'running',
    current_version: '1.20',
    tags: [{ key: 'a', value: 'b' }],
  },
  DescribeClusterNodePools: {
    nodepools: [
      {
        nodepool_info: { nodepool_id: 'np1', name: 'shops', type: 'edge', is_default: false },
        kubernetes_config: { labels: [{ key: 'a', value: 'b' }], taints: [{ key: 'a', effect: 'NoSchedule' }] },
        status: { total_nodes: 3, state: 'active' },
      },
    ],
  },
  DescribeClusterNodes: {
    nodes: [{ node_name: 'a', ip_address: ['10.0.0.1'], state: 'running' }],
    page: { total_count: 1 },
  },
  DescribeClusterUserKubeconfig: { config: 'apiVersion: v1', expiration: 'x' },
  DescribeClusterTasks: { tasks: [{ task_id: 'T-1', state: 'running', created: 'x' }] },
  DescribeTaskInfo: { task_id: 'T-1', state: 'running', stages: [{ state: 'x' }], error: { code: 'a', message: 'b' } },
  DescribeInstances: {
    TotalCount: 1,
    Instances: {
      Instance: [
        {
          InstanceId: 'i-1',
          Status: 'Running',
          EnsRegionId: 'r',
          NetworkAttributes: { NetworkId: 'n', VSwitchId: 'v' },
          SecurityGroupIds: { SecurityGroupId: ['sg-1'] },
        },
      ],
    },
  },
  DescribeNetworkInterfaces: {
    TotalCount: 1,
    NetworkInterfaceSets: {
      NetworkInterfaceSet: [
        {
          NetworkInterfaceId: 'eni-1',
          NetworkInterfaceName: 'a',
          Status: 'In_use',
          InstanceId: 'i-1',
          PrivateIpSets: { PrivateIpSet: [{ PrivateIpAddress: '10.0.0.1' }] },
        },
      ],
    },
  },
  DescribeSecurityGroupAttribute: {
    Permissions: {
      Permission: [
        { Direction: 'ingress', IpProtocol: 'all', PortRange: '-1/-1', SourceCidrIp: '0.0.0.0/0', Policy: 'Accept' },
      ],
    },
  },
};

function answering(body: unknown) {
  return cloudCaller({ endpoint: 'cs.example.com', send: async () => ({ status: 200, body }) }, { tries: 1 });
}

const ASKED: Readonly<Record<keyof typeof ANSWERS, (body: unknown) => Promise<unknown>>> = {
  DescribeClusterDetail: (body) => containerService(answering(body)).cluster('c-1'),
  DescribeClusterNodePools: (body) => containerService(answering(body)).nodePools('c-1'),
  DescribeClusterNodes: (body) => containerService(answering(body)).nodes('c-1'),
  DescribeClusterUserKubeconfig: (body) => containerService(answering(body)).kubeconfig('c-1', { minutes: 15 }),
  DescribeClusterTasks: (body) => containerService(answering(body)).tasks('c-1'),
  DescribeTaskInfo: (body) => containerService(answering(body)).task('T-1'),
  DescribeInstances: (body) => ens(answering(body)).instance('i-1'),
  DescribeNetworkInterfaces: (body) => ens(answering(body)).interfaces({}),
  DescribeSecurityGroupAttribute: (body) => ens(answering(body)).securityRules('sg-1'),
};

const EXCHANGE = {
  cluster: { id: 'c-1', caCertHashes: [`sha256:${'a'.repeat(64)}`] },
  apiServers: ['https://10.0.0.1:6443'],
  bootstrapToken: 'abcdef.0123456789abcdef',
  nodePool: { name: 'shops', labels: { a: 'b' }, taints: [{ key: 'a', effect: 'NoSchedule' }] },
  callback: { url: 'https://example.com/callback' },
};

describe('an answer of the cloud with values of another type', () => {
  for (const [action, ask] of Object.entries(ASKED)) {
    it(`a damaged answer to ${action} is read, or refused with the action and the key, never a bug of edgeadm`, async () => {
      const property = fc.asyncProperty(damaged(ANSWERS[action]), async (body) => {
        await ask(body).catch((error: unknown) => assertNamed(error, new RegExp(`cs\\.example\\.com|${action}`)));
      });
      await fc.assert(property, { numRuns: 300 });
    }).timeout(20_000);
  }

  it('a damaged answer of the exchange is read, or refused with its address and the key', () => {
    const property = fc.property(damaged(EXCHANGE), (body) => {
      try {
        parseExchangeAnswer(body, 'https://exchange.example.com');
      } catch (error) {
        assertNamed(error, /exchange\.example\.com/);
      }
    });
    fc.assert(property, { numRuns: 1000 });
  });
});
