import assert from 'node:assert/strict';
import type { EdgeadmError } from '../../../../../src/errors/index.ts';
import { unmountKubeletVolumes } from '../../../../../src/phases/reset/teardown/volumes.ts';
import { type FakeHost, fakeHost } from '../../../fake-host.ts';
import { recordedLog } from '../../../recorded-log.ts';

const KUBELET = '/var/lib/kubelet';

/** A machine with mounts; umount takes away all but the busy ones, unless it is told to be lazy. */
function machine(mounts: readonly string[], busy: readonly string[] = []): FakeHost {
  let table = [...mounts];
  const umount = (args: readonly string[]) => {
    const lazy = args.includes('--lazy');
    const stays = (path: string) => busy.includes(path) && !lazy;
    table = table.filter((path) => !args.includes(path) || stays(path));
    return args.some(stays) ? { exitCode: 32, stderr: `umount: ${busy[0]}: target is busy.` } : '';
  };
  const host = fakeHost({ commands: { umount, readlink: ([, path = '']) => `${path}\n` } });
  const lines = () => [
    '1 0 8:1 / / rw - ext4 x rw',
    ...table.map((path, i) => `${9 + i} 1 8:1 ${path} ${path} rw - ${path.includes('~nfs') ? 'nfs4' : 'ext4'} x rw`),
  ];
  return { ...host, read: async () => lines().join('\n') };
}

describe('unmounting volumes', () => {
  it('unmounts all below the folder of the kubelet in one go, deepest first, and nothing beside it', async () => {
    const host = machine([`${KUBELET}/pods/1/a`, `${KUBELET}/pods/1/a/b`, '/home', `${KUBELET}2/x`]);
    await unmountKubeletVolumes(host, recordedLog());
    assert.deepEqual(host.changes, [`run umount ${KUBELET}/pods/1/a/b ${KUBELET}/pods/1/a`]);
  });

  it('takes away what the kubelet mounted onto its own folder', async () => {
    const host = machine([KUBELET, `${KUBELET}/pods/1/a`]);
    await unmountKubeletVolumes(host, recordedLog());
    assert.deepEqual(host.changes, [`run umount ${KUBELET}/pods/1/a`, `run umount ${KUBELET}`]);
  });

  it('a disk that is mounted as the folder of the kubelet stays mounted (kubernetes/kubeadm#2247, kubernetes/kubernetes#71638)', async () => {
    const host = machine([`${KUBELET}/pods/1/a`]);
    const disk = `8 1 8:33 / ${KUBELET} rw,relatime shared:2 - ext4 /dev/sdc1 rw,data=ordered`;
    const table = host.read;
    const mounted = { ...host, read: async (path: string) => `${await table(path)}\n${disk}` };
    await unmountKubeletVolumes(mounted, recordedLog());
    assert.deepEqual(host.changes, [`run umount ${KUBELET}/pods/1/a`]);
  });

  it("leaves a file system that the machine's administrator mounted below the folder of the kubelet", async () => {
    const host = machine([`${KUBELET}/backup`, `${KUBELET}/pods/1/a`, `${KUBELET}/plugins/csi/mount`]);
    await unmountKubeletVolumes(host, recordedLog());
    assert.deepEqual(host.changes, [`run umount ${KUBELET}/plugins/csi/mount ${KUBELET}/pods/1/a`]);
  });

  it('unmounting volumes has nothing to do if nothing is mounted', async () => {
    const host = machine(['/home']);
    await unmountKubeletVolumes(host, recordedLog());
    assert.deepEqual(host.changes, []);
  });

  it('unmounting volumes ends the reset if one is in use, before anything in it can be deleted, and names it (kubernetes/kubeadm#2923, kubernetes/kubernetes#120376)', async () => {
    const volume = `${KUBELET}/pods/1/vol`;
    await assert.rejects(unmountKubeletVolumes(machine([volume], [volume]), recordedLog()), {
      code: 'RESET_INCOMPLETE',
      why: volume,
      next: /fuser -vm \/var\/lib\/kubelet\/pods\/1\/vol.*--force/,
    });
  });

  it('a share whose server is gone keeps no other volume mounted, and the way on does not look at it (kubernetes/kubernetes#101622, kubernetes/kubeadm#2980)', async () => {
    const share = `${KUBELET}/pods/1/volumes/kubernetes.io~nfs/data`;
    const host = machine([share, `${KUBELET}/pods/2/a`], [share]);
    await assert.rejects(unmountKubeletVolumes(host, recordedLog()), (error: EdgeadmError) => {
      assert.equal(error.code, 'RESET_INCOMPLETE');
      assert.match(error.next, /if the server of .*~nfs\/data is gone.*`edgeadm reset --force` detaches it/);
      assert.doesNotMatch(error.next, /fuser/);
      return true;
    });
    assert.deepEqual(host.changes, [`run umount ${KUBELET}/pods/2/a`, `run umount ${share}`]);
    await unmountKubeletVolumes(host, recordedLog(), true);
    assert.equal(host.changes.at(-1), `run umount --lazy --force ${share}`);
  });

  it('detaches a volume in use when forced, and says so', async () => {
    const volume = `${KUBELET}/pods/1/vol`;
    const host = machine([volume], [volume]);
    const log = recordedLog();
    await unmountKubeletVolumes(host, log, true);
    assert.equal(host.changes.at(-1), `run umount --lazy --force ${volume}`);
    assert.match(log.lines[0] ?? '', /^warning Detaching .*target is busy/);
  });
});
