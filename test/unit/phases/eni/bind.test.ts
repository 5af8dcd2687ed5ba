import assert from 'node:assert/strict';
import type { V1Node } from '@kubernetes/client-node';
import type { InterfaceRecord } from '../../../../sandbox/cloud/ens-records.ts';
import { seedInstance } from '../../../../sandbox/cloud/ens-seed.ts';
import { addFault } from '../../../../sandbox/cloud/faults.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import type { BindSpec } from '../../../../src/phases/eni/context.ts';
import { release } from '../../../../src/phases/eni/run.ts';
import { type ApiAnswer, apiServer } from '../../kubernetes/api-server.ts';
import { type Accident, INSTANCE, type InProcessEns, inProcessEns, runBind } from './in-process-ens.ts';

const actions = ({ calls }: InProcessEns) =>
  calls.map(({ action }) => action).filter((action) => !action.startsWith('Describe'));

/** Binds; fails the test where it fails. */
async function bound(cloud: InProcessEns, spec?: Partial<BindSpec>, options = {}) {
  const { result, said } = await runBind(cloud, { spec, caller: cloud.caller(), options });
  return { ...(await result), said: said() };
}

async function refused(cloud: InProcessEns, spec?: Partial<BindSpec>, options = {}): Promise<EdgeadmError> {
  const { result } = await runBind(cloud, { spec, caller: cloud.caller(), options });
  const error = await result.then(
    () => assert.fail('it succeeded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof EdgeadmError);
  return error;
}

/** An ENI that somebody else bought. */
function foreign(cloud: InProcessEns, id: string, more = {}): void {
  const place = { regionId: 'ap-southeast-1-sandbox', networkId: 'n-ap-southeast-1-sandbox' };
  cloud.records.put('ens/network-interface', {
    id,
    name: 'mine',
    description: '',
    type: 'Secondary',
    status: 'Available',
    ...place,
    vSwitchId: 'vsw-ap-southeast-1-sandbox',
    securityGroupIds: ['sg-sandbox'],
    address: `10.10.1.${100 + id.length}`,
    created: 0,
    ...more,
  });
}

/** A caller whose attachments meet so many faults behind ENS. */
function faultsAtAttach(cloud: InProcessEns, faults: number): ReturnType<InProcessEns['caller']> {
  const caller = cloud.caller();
  let left = faults;
  return {
    ...caller,
    order: async (call) => {
      if (call.action !== 'AttachNetworkInterface' || left-- <= 0) return caller.order(call);
      return cloud.caller(['backend-fault']).order(call);
    },
  };
}

describe('eni bind', () => {
  it('buys while the instance runs, stops it only when the ENIs are there, and measures the downtime', async () => {
    const cloud = inProcessEns();
    const { downtimeMs, attached, said } = await bound(cloud);
    assert.deepEqual(actions(cloud), [
      'CreateNetworkInterface',
      'CreateNetworkInterface',
      'StopInstance',
      'AttachNetworkInterface',
      'AttachNetworkInterface',
      'StartInstance',
    ]);
    assert.equal(attached.length, 2);
    assert.ok(downtimeMs && downtimeMs > 0);
    assert.ok(said.some((line) => line.startsWith('The instance was down for')));
  });

  it('does nothing if everything is as asked for, and asks nobody', async () => {
    const cloud = inProcessEns();
    await bound(cloud);
    cloud.calls.length = 0;
    assert.equal((await bound(cloud, {}, { assumeYes: false })).changed, false);
    assert.deepEqual(actions(cloud), []);
  });

  it('adds what is missing when asked for more, and takes nothing away when asked for less', async () => {
    const cloud = inProcessEns();
    await bound(cloud, { eniNumber: 1 });
    assert.equal((await bound(cloud, { eniNumber: 3 })).attached.length, 3);
    assert.equal((await bound(cloud, { eniNumber: 1 })).attached.length, 3);
    assert.equal(cloud.secondaries().length, 3);
  });

  for (const accident of ['kill-before', 'kill-after'] as const) {
    it(`finishes when run again after a ${accident.replace('-', ' ')} any call, and buys nothing twice`, async () => {
      for (let at = 0; ; at++) {
        const cloud = inProcessEns();
        const accidents: (Accident | undefined)[] = [...Array<undefined>(at).fill(undefined), accident];
        const caller = cloud.caller(accidents);
        const { result } = await runBind(cloud, { caller });
        const end = await Promise.race([result, caller.killed]);
        await bound(cloud);
        assert.equal(cloud.secondaries().length, 2, `call ${at}`);
        assert.ok(cloud.secondaries().every(({ status }) => status === 'InUse'));
        assert.equal(cloud.instanceStatus(), 'Running');
        if (end !== 'killed') return assert.ok(at > 12);
      }
    });
  }

  it('eni bind tells at once that an instance is expired, or in no VPC, and changes nothing', async () => {
    for (const [seed, why] of [
      [{ status: 'Expired' }, /is Expired: renew it/],
      [{ networkId: '' }, /is in no VPC/],
    ] as const) {
      const cloud = inProcessEns(seed);
      const error = await refused(cloud);
      assert.equal(error.code, 'ENI_CHECK_FAILED');
      assert.match(error.why ?? '', why);
      assert.deepEqual(actions(cloud), []);
    }
  });

  it('eni bind attaches an ENI again that fell back to Available after it was accepted', async () => {
    const cloud = inProcessEns();
    addFault(cloud.store, { action: 'AttachNetworkInterface/effect', mode: '500', times: 2 });
    await bound(cloud);
    assert.ok(cloud.secondaries().every(({ status }) => status === 'InUse'));
    assert.equal(actions(cloud).filter((action) => action === 'AttachNetworkInterface').length, 4);
  });

  it('eni bind tries an ENI again after a fault behind ENS, but not for long, and starts the instance', async () => {
    const attachments = async (faults: number) => {
      const cloud = inProcessEns();
      const { result } = await runBind(cloud, { spec: { eniNumber: 1 }, caller: faultsAtAttach(cloud, faults) });
      await result.catch(() => undefined);
      assert.equal(cloud.instanceStatus(), 'Running');
      return cloud.secondaries().map(({ status }) => status);
    };
    assert.deepEqual(await attachments(4), ['InUse']);
    assert.deepEqual(await attachments(100), ['Available']);
  });

  it('eni bind finds its ENIs on later pages of an account that has many', async () => {
    const cloud = inProcessEns();
    for (let i = 0; i < 130; i++) foreign(cloud, `eni-a${String(i).padStart(3, '0')}`, { address: `10.10.2.${i}` });
    cloud.records.put('ens/network-interface', {
      ...cloud.records.interfaces()[0],
      id: 'eni-z',
      name: `edgeadm-${INSTANCE}-1`,
      type: 'Secondary',
      status: 'Available',
    } as InterfaceRecord);
    await bound(cloud, { eniNumber: 1 });
    assert.deepEqual(actions(cloud), ['StopInstance', 'AttachNetworkInterface', 'StartInstance']);
  });

  it('refuses more than ten ENIs before anything is bought, foreign ones counted', async () => {
    const cloud = inProcessEns();
    for (let i = 0; i < 8; i++)
      foreign(cloud, `eni-f${i}`, { status: 'InUse', instanceId: INSTANCE, address: `10.10.1.2${i}` });
    const error = await refused(cloud);
    assert.equal(error.code, 'ENI_CHECK_FAILED');
    assert.match(error.why ?? '', /it has 9 and would have 11/);
    assert.deepEqual(actions(cloud), []);
    await bound(cloud, { eniNumber: 1 });
  });

  it('refuses a vSwitch of another VPC or zone before anything is bought', async () => {
    const cloud = inProcessEns();
    seedInstance(cloud.store, { id: 'i-far', regionId: 'far' });
    seedInstance(cloud.store, { id: 'i-near', regionId: 'near', networkId: 'n-ap-southeast-1-sandbox' });
    cloud.records.put('ens/vswitch', {
      id: 'vsw-near',
      networkId: 'n-ap-southeast-1-sandbox',
      regionId: 'near',
      cidr: '10.10.2.0/24',
    });
    assert.match((await refused(cloud, { vSwitchId: 'vsw-far' })).why ?? '', /not in the VPC/);
    assert.match((await refused(cloud, { vSwitchId: 'vsw-near' })).why ?? '', /is in zone near/);
    assert.equal(cloud.secondaries().length, 0);
  });

  it('names the rules that the security group lacks', async () => {
    const { said } = await bound(inProcessEns({ withRules: false }), { eniNumber: 1 });
    for (const rule of ['inbound, all protocols and ports, from 10.10.0.0/16', 'outbound'])
      assert.ok(
        said.some((line) => line.includes(rule)),
        rule,
      );
    const complete = await bound(inProcessEns(), { eniNumber: 1 });
    assert.ok(!complete.said.some((line) => line.includes('security group')));
  });

  it('leaves ENIs of others alone, unless told to use them', async () => {
    const cloud = inProcessEns();
    foreign(cloud, 'eni-f');
    foreign(cloud, 'eni-other', { name: 'edgeadm-i-other-1' });
    await bound(cloud, { eniNumber: 1 });
    assert.equal(cloud.records.interface('eni-f')?.status, 'Available');
    const { attached } = await bound(cloud, { eniNumber: 2, reuseAvailable: true });
    assert.ok(attached.includes('eni-f'));
    assert.equal(cloud.records.interface('eni-other')?.status, 'Available');
    assert.equal(cloud.secondaries().length, 3);
    assert.equal((await bound(cloud, { eniNumber: 2, reuseAvailable: true })).changed, false);
  });

  it('starts the instance and names what is left over, if the cloud refuses an ENI for good', async () => {
    const cloud = inProcessEns();
    foreign(cloud, 'eni-managed', { name: `edgeadm-${INSTANCE}-7`, serviceManaged: true });
    const error = await refused(cloud);
    assert.equal(error.code, 'ENI_INCOMPLETE');
    assert.match(error.why ?? '', /eni-managed.*InvalidParameter\.EniServiceManaged/s);
    assert.match(error.next, /edgeadm eni release --instance i-sandbox --region ap-southeast-1 --eni eni-managed/);
    assert.equal(cloud.instanceStatus(), 'Running');
    assert.equal(cloud.secondaries().filter(({ status }) => status === 'InUse').length, 1);
  });

  it('names the command that attaches what is left over with everything that the run was asked for', async () => {
    const cloud = inProcessEns();
    foreign(cloud, 'eni-f', { status: 'InUse', instanceId: INSTANCE });
    for (let i = 0; i < 47; i++)
      foreign(cloud, `eni-f${i}`, { status: 'InUse', instanceId: 'i-other', address: `10.10.1.${150 + i}` });
    const asked = { vSwitchId: 'vsw-ap-southeast-1-sandbox', securityGroupId: 'sg-sandbox', reuseAvailable: true };
    const { next } = await refused(cloud, { ...asked, eniNumber: 3, kubeconfig: 'admin.conf' });
    assert.match(
      next,
      /^attach: edgeadm eni bind --instance i-sandbox --region ap-southeast-1 --eni-number 3 --vswitch vsw-ap-southeast-1-sandbox --security-group sg-sandbox --reuse-available --kubeconfig admin.conf$/m,
    );
  });

  it('names what is left over if the instance does not start again either, with what to do about both', async () => {
    const cloud = inProcessEns();
    const caller = cloud.caller();
    const order = async (call: Parameters<typeof caller.order>[0]) => {
      if (!/^(Attach|Start)/.test(call.action)) return caller.order(call);
      throw new EdgeadmError({ code: 'CLOUD_REFUSED', what: `${call.action}: no` });
    };
    const { result } = await runBind(cloud, { caller: { ...caller, order }, spec: { eniNumber: 1 } });
    await assert.rejects(result, (error: EdgeadmError) => {
      assert.equal(error.code, 'INSTANCE_NOT_RUNNING');
      assert.match(error.why ?? '', /StartInstance: no[\s\S]*bought but not attached: eni-sandbox000002/);
      assert.doesNotMatch(error.why ?? '', /i-sandbox runs/);
      assert.match(error.next, /^Start the instance[\s\S]*attach: edgeadm eni bind[\s\S]*delete: edgeadm eni release/);
      return true;
    });
  });

  it('tells the downtime of a run that was interrupted, too', async () => {
    const whole = inProcessEns();
    await bound(whole);
    const stop = whole.calls.findIndex(({ action }) => action === 'StopInstance');
    const cloud = inProcessEns();
    const caller = cloud.caller([...Array<undefined>(stop).fill(undefined), 'interrupt']);
    const { result, said } = await runBind(cloud, { caller });
    await assert.rejects(result, { code: 'INTERRUPTED' });
    assert.match(said().join('\n'), /i-sandbox was down for [\d.]+s\./);
  });

  it('starts an instance that an earlier run left stopped', async () => {
    const cloud = inProcessEns({ status: 'Stopped' });
    await bound(cloud);
    assert.equal(cloud.instanceStatus(), 'Running');
    assert.ok(!actions(cloud).includes('StopInstance'));
  });

  it('buys nothing when the answer is no, or when nobody can answer', async () => {
    const cloud = inProcessEns();
    const questions: string[] = [];
    const ask = async (question: string) => questions.push(question) === 0;
    const { code, next } = await refused(cloud, {}, { assumeYes: false, ask });
    assert.deepEqual([code, next], ['INTERRUPTED', 'run the same command again and answer y, or add --yes']);
    assert.deepEqual(questions, ['i-sandbox: buy 2 ENIs, stop and start the instance?']);
    assert.equal((await refused(cloud, {}, { assumeYes: false })).code, 'CONFIRMATION_NEEDED');
    assert.deepEqual(actions(cloud), []);
  });

  it('advises after an interrupt to run the same command again, and nothing of nodes', async () => {
    const cloud = inProcessEns();
    const { result } = await runBind(cloud, { caller: cloud.caller(['interrupt']) });
    await assert.rejects(result, {
      code: 'INTERRUPTED',
      next: 'Run the same command again. A change continues where it stopped.',
    });
  });

  it('tells which instance the account does not have', async () => {
    const error = await refused(inProcessEns(), { instanceId: 'i-none' });
    assert.match(error.message, /instance i-none not found/);
    assert.equal(error.exit, 5);
  });

  it('stops before anything is stopped when the quota is used up, and names what was bought', async () => {
    const cloud = inProcessEns();
    for (let i = 0; i < 48; i++) foreign(cloud, `eni-f${i}`, { address: `10.10.1.${150 + i}` });
    const error = await refused(cloud);
    assert.equal(error.code, 'CLOUD_REFUSED');
    assert.match(`${error.why}`, /bought but not attached: eni-sandbox000002/);
    assert.ok(!actions(cloud).includes('StopInstance'));
  });
});

describe('eni bind on a node of a cluster', () => {
  const component = { metadata: { name: 'terway-edge-controlplane-7d9f' } };

  /** A cluster that keeps what is patched into its one node. */
  async function cluster(options: { node?: V1Node; component?: boolean; pods?: () => ApiAnswer } = {}) {
    let node = options.node;
    const evicted: string[] = [];
    const server = await apiServer(({ method, path, body }): ApiAnswer | undefined => {
      if (path.startsWith('/api/v1/nodes?')) return { items: node ? [node] : [] };
      if (path.startsWith('/api/v1/namespaces/kube-system/pods?'))
        return { items: options.component === false ? [] : [component] };
      if (path.startsWith('/api/v1/pods?')) return options.pods?.() ?? { items: evicted.length > 0 ? [] : [pod] };
      if (path.endsWith('/eviction')) return { done: evicted.push(path.split('/').at(-2) ?? '') };
      if (path === '/api/v1') return { resources: [{ name: 'pods/eviction', version: 'v1beta1' }] };
      if (path === '/api/v1/nodes/edge1' && method === 'PATCH' && node) {
        const patch = body as V1Node;
        const annotations = { ...node.metadata?.annotations, ...patch.metadata?.annotations };
        node = {
          metadata: { ...node.metadata, annotations },
          spec: { ...node.spec, ...patch.spec },
          status: node.status,
        };
        return node;
      }
      return undefined;
    });
    const client = new ApiClient({ servers: [server.server], ca: server.ca }, server.connect);
    return { client, node: () => node, evicted };
  }
  const owner = { kind: 'ReplicaSet', name: 'web-5d4', controller: true };
  const pod = { metadata: { name: 'web', namespace: 'shop', uid: 'u1', ownerReferences: [owner] } };

  const node = (spec: object, address = '192.168.0.1'): V1Node => ({
    metadata: { name: 'edge1' },
    spec,
    status: { addresses: [{ type: 'InternalIP', address }] },
  });

  it('refuses a cluster without Terway Edge before anything is bought', async () => {
    const cloud = inProcessEns();
    const { client } = await cluster({ component: false });
    const error = await refused(cloud, {}, { cluster: client });
    assert.match(error.why ?? '', /terway-edge-controlplane/);
    assert.deepEqual(actions(cloud), []);
    client.close();
  });

  for (const [how, found] of [
    ['provider ID', node({ providerID: `ens://ap-southeast-1/${INSTANCE}` })],
    ['address', node({}, '10.10.1.2')],
  ] as const) {
    it(`offers to drain a node known by its ${how}, and lets pods on it again in the end`, async () => {
      const cloud = inProcessEns();
      const { client, node: now } = await cluster({ node: found });
      const questions: string[] = [];
      const seen: (boolean | undefined)[] = [];
      const ask = async (question: string) => questions.push(question) > 0;
      const caller = cloud.caller();
      const watching = {
        ...caller,
        order: (call: Parameters<typeof caller.order>[0]) => {
          if (call.action === 'StopInstance') seen.push(now()?.spec?.unschedulable);
          return caller.order(call);
        },
      };
      const { result } = await runBind(cloud, {
        caller: watching,
        cluster: client,
        options: { assumeYes: false, ask },
      });
      await result;
      assert.match(questions[0] ?? '', /drain node edge1, stop and start/);
      assert.deepEqual(seen, [true]);
      assert.ok(!now()?.spec?.unschedulable);
      client.close();
    });
  }

  it('drains a node that somebody else cordoned, tells it, and leaves the cordon as it is', async () => {
    const cloud = inProcessEns();
    const { client, node: now, evicted } = await cluster({ node: node({ unschedulable: true }, '10.10.1.2') });
    const questions: string[] = [];
    const ask = async (question: string) => questions.push(question) > 0;
    const { said } = await bound(cloud, {}, { cluster: client, assumeYes: false, ask });
    assert.deepEqual(evicted, ['web']);
    assert.match(said.join('\n'), /drained first, and stays cordoned, because edgeadm did not cordon it/);
    assert.match(questions[0] ?? '', /drain node edge1, stop and start/);
    assert.deepEqual(now()?.spec, { unschedulable: true });
    assert.equal(now()?.metadata?.annotations?.['edgeadm.io/cordoned-by'], undefined);
    client.close();
  });

  it('lets pods on the node again if the drain failed or was interrupted', async () => {
    const interrupt = new AbortController();
    for (const [accident, code] of [
      [() => {}, 'API_ERROR'],
      [() => interrupt.abort(), 'INTERRUPTED'],
    ] as const) {
      const cloud = inProcessEns();
      const pods = (): ApiAnswer => {
        accident();
        return { status: 403, body: { message: 'pods is forbidden' } };
      };
      const { client, node: now } = await cluster({ node: node({}, '10.10.1.2'), pods });
      const error = await refused(cloud, {}, { cluster: client, signal: interrupt.signal });
      assert.equal(error.code, code);
      assert.ok(!now()?.spec?.unschedulable, code);
      assert.ok(!actions(cloud).includes('StopInstance'));
      client.close();
    }
  });

  it('lets pods on a node again that an earlier run cordoned and did not come back to', async () => {
    const cloud = inProcessEns();
    await bound(cloud);
    const cordoned = node({ unschedulable: true }, '10.10.1.2');
    const left = { ...cordoned, metadata: { name: 'edge1', annotations: { 'edgeadm.io/cordoned-by': 'eni' } } };
    const { client, node: now } = await cluster({ node: left });
    const questions: string[] = [];
    const ask = async (question: string) => questions.push(question) > 0;
    const { said } = await bound(cloud, {}, { cluster: client, assumeYes: false, ask });
    assert.ok(!now()?.spec?.unschedulable);
    assert.deepEqual(questions, ['i-sandbox: uncordon node edge1?']);
    assert.ok(said.includes('Node edge1 was cordoned by an earlier run: it is uncordoned at the end.'));
    client.close();
  });
});

describe('eni release', () => {
  const run = (
    cloud: InProcessEns,
    interfaceIds: string[] = [],
    accidents: (Accident | undefined)[] = [],
    options: { assumeYes?: boolean; ask?: (question: string) => Promise<boolean> } = {},
  ) => {
    const caller = cloud.caller(accidents);
    const result = release({
      spec: { instanceId: INSTANCE, region: 'ap-southeast-1', interfaceIds, forceStop: false },
      caller,
      emit: () => {},
      signal: caller.signal,
      dryRun: false,
      assumeYes: true,
      now: cloud.now,
      paceMs: [0, 0],
      listDelayMs: 0,
      ...options,
    });
    return { result, killed: caller.killed };
  };

  it('deletes what edgeadm bought and nothing else, and the instance runs', async () => {
    const cloud = inProcessEns();
    foreign(cloud, 'eni-f');
    await bound(cloud);
    assert.ok((await run(cloud).result).downtimeMs);
    assert.deepEqual(
      cloud.secondaries().map(({ id }) => id),
      ['eni-f'],
    );
    assert.equal(cloud.instanceStatus(), 'Running');
    assert.equal((await run(cloud).result).changed, false);
  });

  it('does not stop the instance for an ENI that is not attached', async () => {
    const cloud = inProcessEns();
    foreign(cloud, 'eni-left', { name: `edgeadm-${INSTANCE}-1` });
    await run(cloud, ['eni-left']).result;
    assert.deepEqual(actions(cloud), ['DeleteNetworkInterfaces']);
  });

  it('leaves an instance stopped that has nothing to release, and asks nobody', async () => {
    const cloud = inProcessEns({ status: 'Stopped' });
    assert.equal((await run(cloud, [], [], { assumeYes: false }).result).changed, false);
    assert.deepEqual(actions(cloud), []);
    assert.equal(cloud.instanceStatus(), 'Stopped');
  });

  it('says before it asks that an instance which does not run is started in the end', async () => {
    const cloud = inProcessEns({ status: 'Stopped' });
    foreign(cloud, 'eni-left', { name: `edgeadm-${INSTANCE}-1` });
    const questions: string[] = [];
    const ask = async (question: string) => questions.push(question) > 0;
    await run(cloud, [], [], { assumeYes: false, ask }).result;
    assert.deepEqual(questions, ['i-sandbox: delete 1 ENI, start the instance, which is not running?']);
    assert.equal(cloud.instanceStatus(), 'Running');
  });

  it('refuses to delete what others bought', async () => {
    const cloud = inProcessEns();
    foreign(cloud, 'eni-f');
    await assert.rejects(run(cloud, ['eni-f']).result, { code: 'ENI_CHECK_FAILED' });
  });

  it('finishes when run again after a kill at any call', async () => {
    for (let at = 0; ; at++) {
      const cloud = inProcessEns();
      await bound(cloud);
      const first = run(cloud, [], [...Array<undefined>(at).fill(undefined), at % 2 ? 'kill-after' : 'kill-before']);
      const end = await Promise.race([first.result, first.killed]);
      await run(cloud).result;
      assert.equal(cloud.secondaries().length, 0, `call ${at}`);
      assert.equal(cloud.instanceStatus(), 'Running', `call ${at}`);
      if (end !== 'killed') return assert.ok(at > 8);
    }
  });
});
