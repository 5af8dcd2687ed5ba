import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import type { V1Node } from '@kubernetes/client-node';
import { CLUSTER_VERSION } from '../integration/workflow-bed/bed.ts';
import { ARCHIVE, bundleOf, faultsIn, filesOf, lastLine, OLDER, SECRETS, succeeds, WinBed } from './bed.ts';
import { OWN_FOLDER, template } from './template.ts';
import type { WineWindows } from './windows.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const SC = 'C:\\Windows\\System32\\sc.exe';
const KUBELET = 'C:\\k\\kubelet.exe';

describe('edgeadm.exe on a node under wine', function () {
  // Two joins' worth of work, and a wait for a kubelet that does not stay up.
  this.timeout(1_800_000);
  let bed: WinBed;
  before(async () => {
    bed = await WinBed.open(await template(say));
  });
  after(() => bed?.close());

  const versionOf = async (windows: WineWindows): Promise<string> =>
    (await windows.run(KUBELET, ['--version'])).stdout.trim();

  it('an upgrade to a kubelet that does not stay up is rolled back; the next one replaces the kubelet; a diagnosis collects its log without secrets and names it once it is stopped; a reset leaves nothing', async () => {
    const windows = await bed.machine();
    const before = await windows.photograph();
    succeeds(await bed.join(windows, ['--bundle', bundleOf('older')]));

    const broken = `kubelet-${CLUSTER_VERSION}.fails`;
    await windows.tell(broken, 'it ends at once');
    const failed = await bed.upgrade(windows);
    assert.match(JSON.stringify(lastLine(failed.stdout)), /UPGRADE_RECOVERED/);
    assert.equal(await versionOf(windows), `Kubernetes ${OLDER}`);
    assert.match((await windows.run(SC, ['query', 'kubelet'])).stdout, /: 4 {2}RUNNING/);

    await rm(windows.place(`/${OWN_FOLDER}/${broken}`));
    assert.equal(succeeds(await bed.upgrade(windows)).outcome, 'upgraded');
    assert.equal(await versionOf(windows), `Kubernetes ${CLUSTER_VERSION}`);
    const node = await bed.cluster.admin.find<V1Node>('/api/v1/nodes/win-edge1');
    assert.equal(node?.status?.nodeInfo?.kubeletVersion, CLUSTER_VERSION);
    assert.equal(succeeds(await bed.upgrade(windows)).outcome, 'unchanged');

    await windows.run(SC, ['stop', 'kubelet']);
    assert.equal(faultsIn(await bed.diagnose(windows)).get('Kubelet')?.what, 'the kubelet is not running');
    const files = await filesOf(windows.place(`/${OWN_FOLDER}/${ARCHIVE}`));
    assert.match(
      files.get('services/state.txt') ?? '',
      /^kubelet: stopped.*, automatic\r?\ncontainerd: running, automatic$/m,
    );
    assert.match(files.get('services/kubelet.txt') ?? '', /ImagePath +REG_\w+ +C:\\k\\kubelet\.exe /);
    assert.match(files.get('runtime/containerd.txt') ?? '', /C:\/ProgramData\/containerd\/root/);
    assert.match(
      files.get('kubelet/log.txt') ?? '',
      new RegExp(`Version: ${CLUSTER_VERSION}\\n.*Authorization: \\*\\*\\*`),
    );
    for (const [name, text] of files) assert.doesNotMatch(text, SECRETS, name);

    succeeds(await bed.reset(windows));
    assert.deepEqual(await windows.photograph(), before);
  });
});
