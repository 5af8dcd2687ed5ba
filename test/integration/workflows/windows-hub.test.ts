import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { V1Node } from '@kubernetes/client-node';
import { HUB_SERVICE_VERSION } from '../../../src/edge-hub/service-mark.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { diagnose } from '../../../src/phases/diagnose/diagnose.ts';
import type { FakeWindowsOptions } from '../../unit/host/windows/fake-windows.ts';
import { CLUSTER_VERSION } from '../workflow-bed/bed.ts';
import { changesOf, killAt, pointsOf } from '../workflow-bed/faults.ts';
import { type OpenYurtBed, openYurtBed } from '../workflow-bed/open-yurt.ts';
import { WINDOWS_NAME, WindowsNode, windowsBundle } from '../workflow-bed/windows.ts';

const VERSION = CLUSTER_VERSION;
const SERVICES = 'HKLM\\SYSTEM\\CurrentControlSet\\Services';
const PRIVATE = 'D:PAI(A;;FA;;;SY)(A;;FA;;;BA)';

/** As far as a join asks a hub: it is healthy, and knows no node yet. */
async function hubServer(): Promise<Server> {
  const server = createServer(({ url }, answer) => {
    answer.statusCode = url === '/v1/healthz' ? 200 : 404;
    answer.setHeader('content-type', 'application/json');
    answer.end('{"kind":"Status"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('edge-hub of a Windows node', function () {
  this.timeout(120_000);
  let open: OpenYurtBed;
  let hub: Server;
  let bundle: string;
  const made: WindowsNode[] = [];
  before(async () => {
    [open, hub, bundle] = await Promise.all([openYurtBed(VERSION), hubServer(), windowsBundle(VERSION)]);
  });
  afterEach(async () => {
    for (const node of made.splice(0)) await node.remove();
  });
  after(async () => {
    hub.close();
    await open.close();
  });

  const node = async (options: FakeWindowsOptions = {}): Promise<WindowsNode> => {
    const { port } = hub.address() as AddressInfo;
    const listener = { service: 'yurthub', port };
    const win = await WindowsNode.make(open.bed, { listeners: { 10261: listener, 10267: listener }, ...options });
    made.push(win);
    return win;
  };
  const spec = () => ({
    bundle,
    manageRuntime: true,
    nodePool: 'hangzhou',
    edgeHub: true,
    edgeHubProgram: open.program,
  });
  const keyOf = (win: WindowsNode, service: string, value: string): string => {
    const { registry } = win.windows.state() as { registry: Record<string, { data: string }> };
    return registry[`${SERVICES}\\${service}\\${value}`]?.data ?? '';
  };
  const failure = async (work: Promise<unknown>): Promise<EdgeadmError> => {
    const error = await work.then(
      () => assert.fail('it did not fail'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgeadmError, String(error));
    return error;
  };

  it('a join with a program runs it as a service that the kubelet needs and speaks through; a second join changes nothing', async () => {
    const win = await node();
    const { ready } = await win.join({ spec: spec() });
    assert.equal(ready, true);
    const command = keyOf(win, 'yurthub', 'ImagePath');
    assert.match(command, /^C:\\k\\yurthub\.exe --v=2 --node-name=win-edge1 --working-mode=edge /);
    assert.match(command, /--bootstrap-file=C:\\var\\lib\\yurthub\\bootstrap-hub\.conf .*--nodepool-name=hangzhou/);
    assert.match(command, /--enable-dummy-if=false --root-dir=C:\\var\\lib\\yurthub /);
    assert.doesNotMatch(command, /iptables|Temp/);
    assert.equal(keyOf(win, 'kubelet', 'DependOnService'), 'containerd\\0yurthub');
    assert.ok(win.windows.calls.some((call) => /sc\.exe failure yurthub /.test(call)));
    assert.match(await win.windows.read('/etc/kubernetes/kubelet.conf'), /http:\/\/127\.0\.0\.1:10261/);
    assert.match(
      await win.windows.read('/var/lib/yurthub/yurthub.conf'),
      /C:\\var\\lib\\yurthub\\pki\\yurthub-current/,
    );
    for (const path of ['C:\\var\\lib\\yurthub', 'C:\\var\\lib\\yurthub\\yurthub.conf', 'C:\\etc\\kubernetes\\cache'])
      assert.equal(win.windows.listOf(path), PRIVATE, path);
    const object = await open.bed.admin.get<V1Node>(`/api/v1/nodes/${WINDOWS_NAME}`);
    assert.equal(object.metadata?.annotations?.[HUB_SERVICE_VERSION], 'v1.7.0');
    assert.equal((await win.join({ spec: spec() })).changed, false);
    assert.equal((await win.join({ spec: { ...spec(), edgeHubProgram: undefined } })).changed, false);
    const refused = await failure(win.join({ spec: { bundle, manageRuntime: true, edgeHub: false } }));
    assert.deepEqual([refused.code, /joined with an edge-hub/.test(refused.what)], ['ALREADY_JOINED', true]);
  });

  it('a reset leaves the machine of an edge-hub as it was, after a kill of join and reset too', async () => {
    const win = await node();
    const before = await win.photograph();
    const changes = await changesOf(win.faults, () => win.join({ spec: spec() }));
    await win.reset();
    assert.deepEqual(await win.photograph(), before);
    for (const change of pointsOf(changes, 6)) {
      await win.join({ spec: spec(), signal: killAt(win.faults, change) }).catch(() => {});
      await win.reset({ signal: killAt(win.faults, change) }).catch(() => {});
      win.faults.before = undefined;
      await win.reset();
      assert.deepEqual(await win.photograph(), before, `change ${change} of ${changes}`);
    }
  });

  it('a join with another program replaces the one that runs, and both services run again', async () => {
    const win = await node();
    await win.join({ spec: spec() });
    const other = `${open.program}-other`;
    await writeFile(other, '-X github.com/openyurtio/openyurt/pkg/projectinfo.gitVersion=v1.7.1 -s');
    win.windows.calls.length = 0;
    assert.equal((await win.join({ spec: { ...spec(), edgeHubProgram: other } })).changed, true);
    const stops = win.windows.calls.flatMap((call) => /sc\.exe stop (\S+)/.exec(call)?.[1] ?? []);
    assert.deepEqual(stops, ['kubelet', 'yurthub']);
    const { services } = win.windows.state() as { services: Record<string, string> };
    assert.deepEqual([services.yurthub, services.kubelet], ['running', 'running']);
    assert.match(keyOf(win, 'yurthub', 'Description'), /v1\.7\.1$/);
  });

  it('a program that is not a service of Windows fails the join with the way out, and the machine is as before', async () => {
    const win = await node({
      onStart: (name) => {
        if (name === 'yurthub') throw new Error('it does not answer');
      },
    });
    const before = await win.photograph();
    const error = await failure(win.join({ spec: spec() }));
    assert.equal(error.code, 'EDGE_HUB_FAILED');
    assert.match(error.next ?? '', /a program for this Windows that runs as a service/);
    assert.deepEqual(await win.photograph(), before);
  });

  for (const [flag, more] of Object.entries({
    '--edge-hub-image': { edgeHubImage: 'registry.example.com/yurthub:v1.7.0' },
    '--edge-hub-as pod': { edgeHubAs: 'pod' },
  }))
    it(`${flag} is refused with the reason before anything is changed`, async () => {
      const win = await node();
      const before = await win.photograph();
      const error = await failure(win.join({ spec: { ...spec(), edgeHubProgram: undefined, ...more } }));
      assert.match(
        `${error.what}\n${error.why}`,
        new RegExp(`${flag}: no image of an edge-hub for Windows is published`),
      );
      assert.deepEqual(await win.photograph(), before);
    });

  it('an upgrade of the kubelet leaves the edge-hub alone, and one of the edge-hub names the join that does it', async () => {
    const win = await node();
    await win.join({ spec: { ...spec(), bundle: await windowsBundle('v1.20.1') } });
    const refused = await failure(win.upgrade({ bundle, hub: { edgeHubProgram: open.program } }));
    assert.deepEqual(
      [refused.code, /run the join command again/.test(refused.next ?? '')],
      ['UPGRADE_CHECK_FAILED', true],
    );
    const command = keyOf(win, 'yurthub', 'ImagePath');
    win.windows.calls.length = 0;
    assert.equal((await win.upgrade({ bundle })).outcome, 'upgraded');
    assert.equal(keyOf(win, 'yurthub', 'ImagePath'), command);
    assert.deepEqual(
      win.windows.calls.filter((call) => /sc\.exe (stop|start) yurthub/.test(call)),
      [],
    );
  });

  it('a diagnosis names an edge-hub that does not run, with the commands of Windows', async () => {
    const win = await node();
    await win.join({ spec: spec() });
    for (const unit of ['kubelet.service', 'yurthub.service']) await win.windows.machine().services.stop(unit);
    const options = { label: 'localhost', version: '0.0.0-test', signal: new AbortController().signal };
    const { diagnosis, files } = await diagnose({ machine: win.windows.machine(), ...options });
    const finding = diagnosis.findings.find(({ rule }) => rule === 'EdgeHub');
    assert.match(finding?.evidence ?? '', /the service yurthub is stopped/);
    assert.match(finding?.next ?? '', /Get-Service yurthub/);
    const texts = new Map(files.map(({ path, text }) => [path, text]));
    assert.match(texts.get('services/state.txt') ?? '', /^yurthub: stopped, automatic$/m);
    assert.match(texts.get('services/yurthub.txt') ?? '', /ImagePath/);
  });
});
