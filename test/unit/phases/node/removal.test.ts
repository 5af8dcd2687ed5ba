import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { type AttachTarget, attachableEcs, attachableEns } from '../../../../src/phases/node/attach-conditions.ts';
import {
  nodesToRemove,
  type RemovalRequest,
  type ServiceNode,
  serviceNodes,
} from '../../../../src/phases/node/removal.ts';

const node = (name: string, more: Partial<ServiceNode> = {}): ServiceNode => ({
  name,
  pool: 'shops',
  poolId: 'np1',
  kind: 'edge',
  isCloud: false,
  status: 'Ready',
  isMaster: false,
  addresses: [],
  ...more,
});
const cloud = (name: string, charge = 'PostPaid') =>
  node(name, { kind: 'cloud', isCloud: true, pool: 'cloud-nodes', charge });

function reasonsOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof EdgeadmError, String(error));
    return `${error.code}: ${error.message}\n${error.why}`;
  }
  return '';
}

describe('the limits of node remove', () => {
  const nodes = [node('edge1'), node('edge2', { status: 'Offline' }), cloud('c1', 'PrePaid'), cloud('c2'), cloud('c3')];
  const remove = (names: string[], more: Partial<RemovalRequest> = {}) =>
    nodesToRemove({ names, drain: false, release: false, ignoreNotFound: false, ...more }, nodes, 'cluster c1');

  it('node remove takes edge nodes and cloud nodes together, also unreachable ones', () => {
    assert.deepEqual(
      remove(['edge2', 'c2', 'edge2']).map(({ name }) => name),
      ['edge2', 'c2'],
    );
  });

  it('node remove drains and releases only if all are cloud nodes, releases only pay-as-you-go, and names every violation at once', () => {
    const reasons = reasonsOf(() => remove(['edge1', 'c1', 'c2'], { drain: true, release: true }));
    assert.match(reasons, /NODE_REMOVAL_REFUSED/);
    assert.match(reasons, /--drain works only if all are cloud nodes; these are not: edge1/);
    assert.match(reasons, /--release works only if all are cloud nodes; these are not: edge1/);
    assert.match(reasons, /--release is for pay-as-you-go instances.*: c1/);
    assert.equal(remove(['c2', 'c3'], { drain: true, release: true }).length, 2);
  });

  it('node remove leaves one cloud node, and never removes a master', () => {
    assert.match(
      reasonsOf(() => remove(['c1', 'c2', 'c3'])),
      /needs at least one cloud node/,
    );
    const masters = [node('m1', { isMaster: true }), node('edge1')];
    const request = { names: ['m1'], drain: false, release: false, ignoreNotFound: false };
    assert.match(
      reasonsOf(() => nodesToRemove(request, masters, 'c')),
      /master nodes cannot be removed: m1/,
    );
  });

  it('node remove names unknown nodes with the nearest name, and takes them as removed with --ignore-not-found', () => {
    assert.match(
      reasonsOf(() => remove(['edge1', 'edgee2'])),
      /NODE_NOT_FOUND: .*edgee2[\s\S]*did you mean edge2/,
    );
    assert.deepEqual(
      remove(['edge1', 'gone'], { ignoreNotFound: true }).map(({ name }) => name),
      ['edge1'],
    );
  });
});

/** Types of pools. Sources: the SDK, CreateClusterNodePool; the vendor's page of hybrid cloud node pools. */
const KINDS = [
  ['ess', undefined, 'cloud'],
  ['lingjun', undefined, 'cloud'],
  ['edge', true, 'edge'],
  ['hybrid', false, 'hybrid'],
  [undefined, true, 'cloud'],
  [undefined, false, 'edge'],
] as const;

describe('the kinds of nodes of the container service', () => {
  for (const [type, isAliyunNode, kind] of KINDS) {
    it(`a node of a pool of the type ${type}${isAliyunNode ? ' on an instance of the cloud' : ''} is a ${kind} node`, () => {
      const pools = [{ nodepoolInfo: { nodepoolId: 'np1', name: 'pool', type } }];
      const [found] = serviceNodes([{ nodeName: 'a', nodepoolId: 'np1', isAliyunNode }], pools);
      assert.deepEqual([found?.kind, found?.isCloud], [kind, kind === 'cloud']);
    });
  }
});

describe('the conditions of node attach', () => {
  const target: AttachTarget = {
    pool: { id: 'np1', name: 'shops', maxNodes: 3 },
    vpcId: 'vpc-1',
    nodes: [
      node('edge1'),
      node('i-there', { instanceId: 'i-there' }),
      node('x', { pool: 'other', poolId: 'np2', instanceId: 'i-other' }),
    ],
    quota: 10,
    anyOs: false,
    where: 'cluster c1',
  };
  const ecs = (id: string, more = {}) => ({
    id,
    status: 'Running',
    vpcId: 'vpc-1',
    osName: 'CentOS  7.6 64 bit',
    ...more,
  });
  const ens = (id: string, system = {}, status = 'Running') => ({
    id,
    status,
    regionId: 'z',
    networkId: '',
    vSwitchId: '',
    securityGroupIds: [],
    system: { osName: 'centos_7_04_64_20G_alibase_20171211', cpu: 2, memoryMb: 4096, addresses: [], ...system },
  });

  it('node attach skips what is in the pool, and takes what meets the conditions', () => {
    assert.deepEqual(attachableEcs(['i-there', 'i-1'], [ecs('i-1')], target), ['i-1']);
    const found = attachableEns(['i-there', 'i-1'], [ens('i-there'), ens('i-1')], target);
    assert.deepEqual(
      found.map(({ id }) => id),
      ['i-1'],
    );
  });

  it('node attach names each condition that an ECS instance does not meet', () => {
    const instances = [ecs('i-1', { status: 'Stopped', vpcId: 'vpc-2', osName: 'Ubuntu 22.04' }), ecs('i-2')];
    const reasons = reasonsOf(() => attachableEcs(['i-1', 'i-2', 'i-3', 'i-other'], instances, target));
    for (const reason of [
      'i-1: it is Stopped, not Running',
      'i-1: it is in VPC vpc-2, the cluster in vpc-1',
      'i-1: it has Ubuntu 22.04, cloud nodes need CentOS 7.6',
      'i-3: the account has no such ECS instance in the region',
      'i-other: it is a node of the pool other; remove it there first',
      'the node pool shops takes 3 nodes, it has 2',
    ])
      assert.ok(reasons.includes(reason), `${reason} in\n${reasons}`);
  });

  it('node attach names each condition that an ENS instance does not meet', () => {
    const small = ens('i-1', { osName: 'CentOS 7.9', cpu: 1, memoryMb: 2048 }, 'Expired');
    const reasons = reasonsOf(() => attachableEns(['i-1', 'i-2'], [small], { ...target, quota: 3 }));
    for (const reason of [
      'i-1: it is Expired, not Running',
      'i-1: it has CentOS 7.9, automatic adding needs CentOS 7.4 or 7.6',
      'i-1: it has 1 vCPU, at least 2 are needed',
      'i-1: it has 2048 MB of memory, at least 4096 are needed',
      'i-2: the account has no such ENS instance in the region',
      'cluster c1 may have 3 nodes, it has 3',
    ])
      assert.ok(reasons.includes(reason), `${reason} in\n${reasons}`);
    assert.equal(attachableEns(['i-1'], [ens('i-1', { osName: 'CentOS 7.9' })], { ...target, anyOs: true }).length, 1);
  });

  it('node attach does not take a node of another site with the same private address for the instance', () => {
    const nodes = [node('other', { addresses: ['10.0.0.5'] })];
    const instance = ens('i-1', { addresses: ['10.0.0.5', '203.0.113.9'] });
    assert.equal(attachableEns(['i-1'], [instance], { ...target, nodes }).length, 1);
    const joined = [node('edge-7', { addresses: ['203.0.113.9'] })];
    assert.equal(attachableEns(['i-1'], [instance], { ...target, nodes: joined }).length, 0);
  });
});
