import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Node } from '@kubernetes/client-node';
import { HUB_SERVICE_VERSION } from '../../../src/edge-hub/service-mark.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import type { BedNode, WorkflowBed } from '../workflow-bed/bed.ts';
import { openYurtBed } from '../workflow-bed/open-yurt.ts';

const VERSION = 'v1.34.4';
const UNIT = '/etc/systemd/system/yurthub.service';
const DROP_IN = `${UNIT}.d/10-yurthub.conf`;
const MANIFEST = '/etc/kubernetes/manifests/yurthub.yaml';
const IMAGE = 'registry.example.com/yurthub:v1.7.0';
const POOL = { edgeHub: true, nodePool: 'hangzhou' };

describe('yurthub as a systemd service', function () {
  this.timeout(60_000);
  let bed: WorkflowBed;
  let program: string;
  let close: () => Promise<void>;
  before(async () => {
    ({ bed, program, close } = await openYurtBed(VERSION));
  });
  after(() => close());

  const node = (): Promise<BedNode> => bed.node(VERSION, 'Ubuntu 22.04');
  const unitOf = (at: BedNode) => at.machine().services.state('yurthub.service');
  /** As `node list` shows it: the version of a hub that runs as a service. */
  const versionOf = async (at: BedNode): Promise<string | undefined> =>
    (await bed.admin.get<V1Node>(`/api/v1/nodes/${at.name}`)).metadata?.annotations?.[HUB_SERVICE_VERSION];
  const hasFile = async (at: BedNode, path: string): Promise<boolean> => (await at.machine().stat(path)) !== undefined;
  const failure = async (work: Promise<unknown>): Promise<EdgeadmError> => {
    const error = await work.then(
      () => assert.fail('it did not fail'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgeadmError);
    return error;
  };

  /** Gives the service a flag with which it exits, right before it is started. */
  const breakHub = (at: BedNode): void => {
    at.faults.before = ({ method, args }) => {
      if (method !== 'start' || args[0] !== 'yurthub.service') return;
      const path = join(at.root, DROP_IN);
      writeFileSync(path, readFileSync(path, 'utf8').replace(/--node-name=\S+/, '--node-name=other'));
    };
  };

  it('a join with a program starts it now and at boot, pins the CA, writes no manifest, and a second join changes nothing', async () => {
    const at = await node();
    const spec = { ...POOL, edgeHubProgram: program };
    await at.join({ spec });
    const { active, enabled } = await unitOf(at);
    assert.deepEqual([active, enabled, await hasFile(at, MANIFEST)], [true, true, false]);
    const dropIn = await at.text(DROP_IN);
    assert.match(dropIn, /^ExecStart=\/usr\/local\/bin\/yurthub .*--node-name=edge\d+ .*--nodepool-name=hangzhou/m);
    assert.match(dropIn, /--discovery-token-ca-cert-hash=sha256:[0-9a-f]{64} /);
    assert.match(dropIn, /^YurthubVersion=v1\.7\.0$/m);
    assert.match(await at.text('/etc/kubernetes/kubelet.conf'), /http:\/\/127\.0\.0\.1:10261/);
    assert.equal(await versionOf(at), 'v1.7.0');
    assert.equal((await at.join({ spec })).changed, false);
    assert.equal((await at.join({ spec: POOL })).changed, false);
  });

  it('a join in the mode kubeletcertificate requests no client certificate for the edge-hub', async () => {
    const at = await node();
    await at.join({ spec: { ...POOL, edgeHubProgram: program, edgeHubMode: 'kubeletcertificate' } });
    const dropIn = await at.text(DROP_IN);
    assert.match(dropIn, /--bootstrap-mode=kubeletcertificate/);
    assert.doesNotMatch(dropIn, /bootstrap-file|ca-cert-hash/);
    assert.equal(await hasFile(at, '/var/lib/yurthub/pki/yurthub-current.pem'), false);
    assert.equal((await at.join({ spec: POOL })).changed, false);
  });

  it('a reset leaves the machine as it was', async () => {
    const at = await node();
    const before = await at.photograph();
    const bundle = await bed.bundle(VERSION, { yurthub: 'v1.7.0' });
    await at.join({ spec: { ...POOL, bundle } });
    assert.equal((await unitOf(at)).active, true);
    await at.reset();
    assert.deepEqual(await at.photograph(), before);
  });

  it('a reset removes the service that yurtadm has set up', async () => {
    const at = await node();
    await at.put(UNIT, '[Service]\nExecStart=/usr/local/bin/yurthub\nRestart=always\n');
    await at.put(DROP_IN, '[Service]\nExecStart=\nExecStart=/usr/local/bin/yurthub --working-mode=edge\n');
    const refused = await failure(at.join({ spec: { ...POOL, edgeHubProgram: program } }));
    assert.match(refused.message, /yurthub\.service exists: the node was joined with another tool/);
    await at.reset();
    assert.deepEqual([await hasFile(at, UNIT), await hasFile(at, `${UNIT}.d`)], [false, false]);
    await at.join({ spec: { ...POOL, edgeHubProgram: program } });
  });

  it('one that ends by itself fails the join within seconds, its fatal line first, and the node is rolled back', async () => {
    const at = await node();
    const before = await at.photograph();
    breakHub(at);
    const error = await failure(at.join({ spec: { ...POOL, edgeHubProgram: program } }));
    assert.equal(error.code, 'EDGE_HUB_FAILED');
    assert.match(error.what, /ends by itself/);
    assert.match(error.why ?? '', /^F\d{4} .*the client certificate is for/);
    assert.deepEqual(await at.photograph(), before);
  });

  it('an upgrade moves the edge-hub from a static pod to a service and back, with the flags that its owner gave it', async () => {
    const at = await node();
    await at.join({ spec: { ...POOL, edgeHubImage: IMAGE, edgeHubFlavor: 'openyurt' } });
    await at.put(MANIFEST, (await at.text(MANIFEST)).replace('--v=2', '--v=4'));
    const asService = { spec: { hub: { edgeHubAs: 'service', edgeHubProgram: program } } };
    assert.equal((await at.upgrade(asService)).outcome, 'upgraded');
    const { active, enabled } = await unitOf(at);
    assert.deepEqual([active, enabled, await hasFile(at, MANIFEST)], [true, true, false]);
    assert.match(await at.text(DROP_IN), /yurthub --v=4 --node-name=edge\d+ /);
    assert.equal(await versionOf(at), 'v1.7.0');
    assert.equal((await at.upgrade(asService)).outcome, 'unchanged');
    const refused = await failure(at.join({ spec: { ...POOL, edgeHubImage: IMAGE, edgeHubFlavor: 'openyurt' } }));
    assert.deepEqual([refused.code, /--edge-hub-as pod/.test(refused.next ?? '')], ['ALREADY_JOINED', true]);
    const asPod = { spec: { hub: { edgeHubAs: 'pod', edgeHubImage: IMAGE } } };
    assert.equal((await at.upgrade(asPod)).outcome, 'upgraded');
    assert.match(await at.text(MANIFEST), /--node-name=\$\(NODE_NAME\)[\s\S]*--nodepool-name=hangzhou/);
    assert.match(await at.text(MANIFEST), /--v=4/);
    for (const path of [UNIT, DROP_IN, '/usr/local/bin/yurthub']) assert.equal(await hasFile(at, path), false, path);
    assert.deepEqual([(await unitOf(at)).active, await versionOf(at)], [false, undefined]);
  });

  it('a move to a service that does not start is rolled back to the static pod', async () => {
    const at = await node();
    await at.join({ spec: { ...POOL, edgeHubImage: IMAGE, edgeHubFlavor: 'openyurt' } });
    const manifest = await at.text(MANIFEST);
    breakHub(at);
    const error = await failure(at.upgrade({ spec: { hub: { edgeHubAs: 'service', edgeHubProgram: program } } }));
    assert.equal(error.code, 'UPGRADE_RECOVERED');
    assert.match(error.why ?? '', /ends by itself/);
    assert.equal(await at.text(MANIFEST), manifest);
    assert.deepEqual([await hasFile(at, UNIT), (await unitOf(at)).active], [false, false]);
  });

  it('an upgrade gives the service the program of the bundle', async () => {
    const at = await node();
    await at.join({ spec: { ...POOL, bundle: await bed.bundle(VERSION, { yurthub: 'v1.6.1' }) } });
    assert.doesNotMatch(await at.text(DROP_IN), /node-ip/);
    const bundle = await bed.bundle(VERSION, { yurthub: 'v1.7.0' });
    assert.equal((await at.upgrade({ spec: { bundle } })).outcome, 'upgraded');
    assert.match(await at.text(DROP_IN), /--node-ip=.*\n[\s\S]*YurthubVersion=v1\.7\.0/);
    assert.match(await at.text('/usr/local/bin/yurthub'), /yurthub v1\.7\.0/);
    assert.equal((await at.upgrade({ spec: { bundle } })).outcome, 'unchanged');
  });
});
