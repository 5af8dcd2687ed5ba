import assert from 'node:assert/strict';
import type { NodePool, NodePoolRequest, NodePoolSpec, PoolNode } from '../../../src/config/node-pool.ts';
import {
  missingIn,
  notChecked,
  type PoolContext,
  refuseInCluster,
  refusePoolRequest,
} from '../../../src/config/nodepool-rules.ts';
import { nodePoolDifferences, workState } from '../../../src/config/nodepool-state.ts';

const BASIC: NodePoolSpec = {
  name: 'shops',
  mode: 'basic',
  maxNodes: 10,
  labels: {},
  annotations: {},
  taints: [],
  podCidrs: [],
};
const NETWORK = { cenId: 'cen-1', ccnId: 'ccn-1', ccnRegion: 'cn-shanghai' };
const ENHANCED: NodePoolSpec = { ...BASIC, mode: 'enhanced', ...NETWORK };
const POOL: NodePool = { ...BASIC, id: 'np1', isDefault: false };
const AROUND: PoolContext = {
  cluster: { version: '1.20.11-aliyunedge.1', networkPlugin: 'flannel', serviceCidr: '172.21.0.0/20' },
  pools: [],
  nodes: [],
  vpcCidrs: [],
  nodeCidrs: [],
};

const node = (name: string, more: Partial<PoolNode> = {}): PoolNode => ({
  name,
  pool: 'shops',
  ready: true,
  arch: 'amd64',
  addresses: [],
  ...more,
});
const flags = (wanted: NodePoolRequest): string[] => missingIn(wanted).map(({ flag }) => flag);

describe('what a node pool needs', () => {
  it('a name, and no size', () => {
    assert.deepEqual(flags({ ...BASIC, name: undefined, maxNodes: undefined }), ['NAME']);
    assert.deepEqual(flags({ ...BASIC, mode: 'private' }), []);
  });

  it('CEN, CCN and its region if it is enhanced', () => {
    assert.deepEqual(flags({ ...BASIC, mode: 'enhanced' }), ['--cen-id', '--ccn-id', '--ccn-region']);
    assert.deepEqual(flags(ENHANCED), []);
  });
});

describe('what is refused without asking anybody', () => {
  const refused = (wanted: Partial<NodePoolRequest>, expected: RegExp): void => {
    const mistakes = refusePoolRequest({ ...BASIC, ...wanted });
    assert.equal(mistakes.length, 1, mistakes.join('\n'));
    assert.match(mistakes[0] ?? '', expected);
  };

  it('nothing of what is fine', () => {
    assert.deepEqual(refusePoolRequest(BASIC), []);
    assert.deepEqual(refusePoolRequest(ENHANCED), []);
    assert.deepEqual(refusePoolRequest({ ...ENHANCED, ccnRegion: 'ap-southeast-1', cenOwner: '123' }), []);
  });

  it('a size that is not positive', () => {
    for (const maxNodes of [0, -1, 1.5, Number.NaN]) refused({ maxNodes }, /--max-nodes: must be a positive integer/);
  });

  it('a CCN region of China other than Shanghai', () => {
    refused({ ...ENHANCED, ccnRegion: 'cn-hangzhou' }, /in China only cn-shanghai is supported, not cn-hangzhou/);
  });

  it('networks of an enhanced pool for another one', () => {
    refused({ cenId: 'cen-1' }, /--cen-id is for --mode enhanced/);
    refused({ mode: 'private', ccnRegion: 'cn-shanghai' }, /--ccn-region is for --mode enhanced/);
  });

  it('what the container service does not take, and nothing that would be needed for it', () => {
    const enhanced = { ...BASIC, mode: 'enhanced', ofService: {} } as const;
    refused(enhanced, /no longer creates enhanced node pools, only basic and private ones/);
    assert.deepEqual(missingIn(enhanced), []);
    refused({ ofService: {}, podCidrs: ['10.9.0.0/20'] }, /--pod-cidrs is for --kubeconfig/);
    refused({ ofService: {}, name: 'a.b' }, /NAME: "a\.b" must be 1 to 63 letters, digits and "-"/);
  });

  it('annotations in which the cluster keeps what a pool is', () => {
    for (const name of ['max-nodes', 'pod-cidrs', 'cen-id', 'ccn-id', 'ccn-region', 'is-default'])
      refused({ annotations: { [`nodepool.openyurt.io/${name}`]: '5' } }, /cannot be set here/);
    assert.deepEqual(refusePoolRequest({ ...BASIC, annotations: { 'example.com/a': 'b' } }), []);
  });

  it('pod CIDRs that are none, or overlap with each other', () => {
    refused({ podCidrs: ['10.1.0.0'] }, /"10.1.0.0" is not a CIDR/);
    refused({ podCidrs: ['10.1.0.0/16', '10.1.2.0/24'] }, /10.1.0.0\/16 and 10.1.2.0\/24 overlap/);
  });

  it('labels and taints that a node could not have', () => {
    refused({ labels: { 'node-role.kubernetes.io/edge': '' } }, /--labels: a node cannot set the label/);
    refused(
      { taints: [{ key: 'a', value: 'b', effect: 'Never' as 'NoSchedule' }] },
      /--taints: "Never" must be one of/,
    );
    refused({ name: 'Läden' }, /NAME/);
    // The service names pools by its own rule, and labels their nodes with the ID.
    assert.deepEqual(refusePoolRequest({ ...BASIC, name: 'Läden-1', ofService: {} }), []);
    refused({ name: 'shops.north', ofService: {} }, /NAME/);
  });
});

describe('what a cluster refuses', () => {
  const refused = (spec: NodePoolSpec, around: Partial<PoolContext>, expected: RegExp): void => {
    const reasons = refuseInCluster(spec, { ...AROUND, ...around });
    assert.equal(reasons.length, 1, reasons.join('\n'));
    assert.match(reasons[0] ?? '', expected);
  };

  it('nothing of what is fine', () => {
    assert.deepEqual(refuseInCluster(ENHANCED, { ...AROUND, vpcCidrs: ['192.168.0.0/16'] }), []);
    assert.deepEqual(refuseInCluster(BASIC, { ...AROUND, cluster: { version: 'v1.16.9' } }), []);
  });

  it('a version below 1.16', () => {
    refused(BASIC, { cluster: { version: '1.14.8-aliyunedge.1' } }, /1\.16 or later, this cluster has 1\.14\.8/);
  });

  it('Docker from 1.24 on', () => {
    refused({ ...BASIC, runtime: 'docker' }, { cluster: { version: 'v1.24.0' } }, /requires Kubernetes below 1\.24/);
  });

  it('an enhanced pool with another network plug-in than Flannel', () => {
    const cluster = { ...AROUND.cluster, networkPlugin: 'terway-edge' };
    refused(ENHANCED, { cluster }, /Flannel only, this cluster has terway-edge/);
    assert.deepEqual(refuseInCluster(BASIC, { ...AROUND, cluster }), []);
  });

  it("pod CIDRs that overlap with another pool's, the Services' or a VPC's", () => {
    const other = { ...POOL, name: 'other', podCidrs: ['10.1.0.0/20'] };
    const spec = { ...BASIC, podCidrs: ['10.1.8.0/24'] };
    refused(spec, { pools: [other] }, /node pool other: 10\.1\.8\.0\/24 and 10\.1\.0\.0\/20/);
    refused({ ...BASIC, podCidrs: ['172.21.1.0/24'] }, {}, /Service CIDR/);
    refused(spec, { vpcCidrs: ['10.0.0.0/8'] }, /a pod CIDR overlaps with a VPC: 10\.1\.8\.0\/24 and 10\.0\.0\.0\/8/);
    assert.deepEqual(refuseInCluster(spec, { ...AROUND, pools: [{ ...POOL, podCidrs: spec.podCidrs }] }), []);
  });

  it("an enhanced pool whose pods get a slice of a cluster's CIDR that overlaps with a VPC's", () => {
    const vpcCidrs = ['192.168.0.0/16'];
    const cluster = { ...AROUND.cluster, podCidr: '192.168.128.0/17' };
    refused(
      ENHANCED,
      { vpcCidrs, cluster },
      /the cluster's pod CIDR overlaps with a VPC: 192\.168\.128\.0\/17 and 192/,
    );
    assert.deepEqual(refuseInCluster(BASIC, { ...AROUND, vpcCidrs, cluster }), []);
    assert.deepEqual(refuseInCluster({ ...ENHANCED, podCidrs: ['10.1.8.0/24'] }, { ...AROUND, vpcCidrs, cluster }), []);
    assert.match(
      notChecked(ENHANCED, { ...AROUND, vpcCidrs }).join(),
      /overlap of the pod CIDR with VPCs was not checked/,
    );
    assert.deepEqual(notChecked(ENHANCED, { ...AROUND, vpcCidrs, cluster }), []);
  });

  it("networks of the edge nodes that overlap with a VPC's, given or read from the pool's nodes", () => {
    const vpcCidrs = ['192.168.0.0/16'];
    refused(ENHANCED, { vpcCidrs, nodeCidrs: ['192.168.7.0/24'] }, /edge nodes' CIDR overlaps with a VPC/);
    const nodes = [
      node('edge1', { addresses: ['192.168.7.9'] }),
      node('edge2', { pool: 'other', addresses: ['192.168.7.8'] }),
    ];
    refused(ENHANCED, { vpcCidrs, nodes }, /the address of node edge1 is in a VPC: 192\.168\.7\.9/);
    const byId = nodes.map((each) => ({ ...each, pool: 'np1' })).slice(0, 1);
    refused(ENHANCED, { vpcCidrs, nodes: byId, pools: [POOL] }, /node edge1/);
  });

  it('nothing that was not looked at, which is said', () => {
    const notes = notChecked(ENHANCED, { ...AROUND, cluster: { version: 'v1.20.2' } });
    assert.match(notes.join('\n'), /plug-in[\s\S]*--vpc-cidr/);
    assert.deepEqual(notChecked(BASIC, AROUND), []);
  });
});

describe('the same pool asked for again', () => {
  it('the same pool asked for again is the same, whatever the service has filled in', () => {
    assert.deepEqual(nodePoolDifferences(BASIC, { ...POOL, runtime: 'containerd', podCidrs: ['10.0.0.0/20'] }), []);
    assert.deepEqual(
      nodePoolDifferences(ENHANCED, { ...POOL, mode: 'enhanced', ...NETWORK, annotations: undefined }),
      [],
    );
  });

  it('the same pool asked for again is another one if a value differs, and each is shown', () => {
    const spec: NodePoolSpec = {
      ...BASIC,
      maxNodes: 20,
      labels: { a: 'b' },
      taints: [{ key: 'edge', value: '', effect: 'NoSchedule' }],
    };
    assert.deepEqual(nodePoolDifferences(spec, POOL), [
      { key: 'max-nodes', asked: '20', found: '10' },
      { key: 'labels', asked: 'a=b', found: '-' },
      { key: 'taints', asked: 'edge:NoSchedule', found: '-' },
    ]);
  });
});

describe('whether a pool works', () => {
  const enhanced = { ...POOL, mode: 'enhanced' as const };

  it('an enhanced one from two Ready amd64 nodes on', () => {
    const two = [node('a'), node('b')];
    assert.equal(workState(enhanced, two).working, true);
    for (const nodes of [
      [node('a')],
      [node('a'), node('b', { ready: false })],
      [node('a'), node('b', { arch: 'arm64' })],
      [node('a'), node('b', { pool: 'other' })],
    ]) {
      assert.deepEqual(workState(enhanced, nodes), {
        working: false,
        why: 'an enhanced node pool needs at least 2, it has 1 Ready amd64 node',
      });
    }
  });

  it('any other from one Ready node on', () => {
    assert.equal(workState(POOL, [node('a', { arch: 'arm64' })]).working, true);
    assert.equal(workState(POOL, [node('a', { ready: false })]).working, false);
  });
});
