import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1Node } from '@kubernetes/client-node';
import { execa } from 'execa';
import type { SshNode } from '../integration/host/ssh/ssh-node.ts';
import { CLUSTER_VERSION } from '../integration/workflow-bed/bed.ts';
import { projectDir } from '../testbed/index.ts';
import { ARCHIVE, faultsIn, filesOf, OLDER, SECRETS, succeeds, WinBed } from './bed.ts';
import { sshToWine } from './ssh.ts';
import { OWN_FOLDER, template } from './template.ts';
import type { WineWindows } from './windows.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const NODE = '/api/v1/nodes/win-edge1';
const SC = 'C:\\Windows\\System32\\sc.exe';

describe('edgeadm on Linux and Windows under wine over SSH', function () {
  // Each step of a join is a program that wine starts.
  this.timeout(1_800_000);
  let bed: WinBed;
  let ssh: SshNode;
  let windows: WineWindows;
  before(async () => {
    bed = await WinBed.open(await template(say));
    windows = await bed.machine();
    ssh = await sshToWine(windows);
  });
  after(async () => {
    await ssh?.stop();
    await bed?.close();
  });

  const edgeadm = async (...words: string[]) => {
    const host = `Administrator@127.0.0.1:${ssh.port}`;
    const way = ['--host', host, '--ssh-key', join(ssh.folder, 'key'), '--known-hosts', ssh.knownHosts];
    const program = [join(projectDir, 'bin/run.js'), ...words, ...way, '-o', 'json'];
    const { exitCode = -1, stdout, stderr } = await execa(process.execPath, program, { reject: false });
    return { exitCode, stdout, stderr };
  };

  it('programs end with their whole exit codes, and arguments arrive as they were given', async () => {
    const machine = await ssh.open();
    try {
      assert.equal((await machine.exec(SC, ['query', 'nothing'])).exitCode, 1060);
      const odd = ['a b', '%OS%', 'x^y', '"quoted"', 'a&b', 'C:\\dir with blank\\'];
      await machine.exec(SC, ['query', ...odd]);
      assert.deepEqual((await windows.calls()).at(-1), ['sc', 'query', ...odd]);
      assert.equal((await machine.exec('C:\\nowhere.exe', [])).exitCode, 127);
    } finally {
      await machine.close();
    }
  });

  it('preflight finds nothing that a join would fail at; a join makes the node Ready; a reset leaves drive, services and firewall as before', async () => {
    const before = await windows.photograph();
    succeeds(await edgeadm('preflight', ...bed.wordsHere()));
    assert.deepEqual(await windows.photograph(), before);
    assert.equal(succeeds(await edgeadm('join', ...bed.wordsHere(), '--yes')).outcome, 'joined');
    const node = await bed.cluster.admin.find<V1Node>(NODE);
    assert.equal(node?.metadata?.labels?.['kubernetes.io/os'], 'windows');
    succeeds(await edgeadm('reset', '--force', '--yes'));
    assert.deepEqual(await windows.photograph(), before);
  });

  it('a diagnosis names a kubelet that is stopped, without secrets in what it collects; an upgrade to a kubelet that does not stay up is rolled back, the next one replaces it; a reset leaves nothing', async () => {
    const before = await windows.photograph();
    succeeds(await edgeadm('join', ...bed.wordsHere('older'), '--yes'));
    const archive = join(ssh.folder, ARCHIVE);
    await windows.run(SC, ['stop', 'kubelet']);
    assert.equal(faultsIn(await edgeadm('diagnose', '-o', archive)).get('Kubelet')?.what, 'the kubelet is not running');
    const files = await filesOf(archive);
    assert.match(files.get('services/state.txt') ?? '', /^kubelet: stopped.*, automatic\r?\ncontainerd: running/m);
    assert.match(files.get('kubelet/log.txt') ?? '', new RegExp(`Version: ${OLDER}\\n.*Authorization: \\*\\*\\*`));
    for (const [name, text] of files) assert.doesNotMatch(text, SECRETS, name);
    await windows.run(SC, ['start', 'kubelet']);

    const upgrade = ['upgrade', '--bundle', bed.bundleHere('bundle'), '--yes'];
    const broken = `kubelet-${CLUSTER_VERSION}.fails`;
    await windows.tell(broken, 'it ends at once');
    assert.match((await edgeadm(...upgrade)).stdout, /UPGRADE_RECOVERED/);
    assert.match((await windows.run(SC, ['query', 'kubelet'])).stdout, /: 4 {2}RUNNING/);
    const version = async () => (await bed.cluster.admin.find<V1Node>(NODE))?.status?.nodeInfo?.kubeletVersion;
    assert.equal(await version(), OLDER);
    await rm(windows.place(`/${OWN_FOLDER}/${broken}`));
    assert.equal(succeeds(await edgeadm(...upgrade)).outcome, 'upgraded');
    assert.equal(await version(), CLUSTER_VERSION);
    succeeds(await edgeadm('reset', '--force', '--yes'));
    assert.deepEqual(await windows.photograph(), before);
  });
});
