import assert from 'node:assert/strict';
import { removePods } from '../../../../../src/phases/reset/teardown/pods.ts';
import { type FakeHost, type FakeNode, fakeHost } from '../../../fake-host.ts';
import { type CriServer, criServer, Refusal } from '../../../kubernetes/cri-server.ts';
import { recordedLog } from '../../../recorded-log.ts';

const RUNTIME = { socket: '/run/containerd/containerd.sock', unit: 'containerd.service' };
const RUNNING = { 'containerd.service': { active: true } };
const SHIM = '/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id 01ae -address /run/containerd/containerd.sock';
const CNI_STAND_IN = '/etc/cni/net.d/00-edgeadm-teardown.conflist';

/** A runtime with pods, each with one running container. */
function runtime(names: readonly string[], refuse: (method: string, pod: string) => void = () => {}): CriServer {
  const pods = new Set(names);
  return criServer({
    ListPodSandbox: () => ({
      items: [...pods].map((id) => ({ id, metadata: { name: id, namespace: 'default', uid: id }, state: 0 })),
    }),
    ListContainers: () => ({
      containers: [...pods].map((pod) => ({ id: `${pod}-c`, podSandboxId: pod, metadata: { name: 'c' }, state: 1 })),
    }),
    StopContainer: () => ({}),
    StopPodSandbox: ({ podSandboxId }) => {
      refuse('stop', String(podSandboxId));
      return {};
    },
    RemovePodSandbox: ({ podSandboxId }) => {
      pods.delete(String(podSandboxId));
      return {};
    },
  });
}

function nodeWith(server: CriServer, node: FakeNode = {}): FakeHost {
  return fakeHost({ units: RUNNING, commands: { find: '' }, connect: server.connect, ...node });
}

describe('removing pods', () => {
  it('stops every container with a short grace period, then stops and removes every pod', async () => {
    const server = runtime(['p1', 'p2']);
    const log = recordedLog();
    await removePods(nodeWith(server), RUNTIME, { log });
    assert.deepEqual(server.calls.filter((call) => /^(Stop|Remove)/.test(call)).sort(), [
      'RemovePodSandbox p1',
      'RemovePodSandbox p2',
      'StopContainer p1-c 2',
      'StopContainer p2-c 2',
      'StopPodSandbox p1',
      'StopPodSandbox p2',
    ]);
    assert.deepEqual(log.lines, ['info 2 pods stopped and removed.']);
  });

  it('only names the pods in a dry run', async () => {
    const server = runtime(['p1']);
    const log = recordedLog();
    await removePods({ ...nodeWith(server), wet: false }, RUNTIME, { log });
    assert.deepEqual(log.lines, ['info Would stop and remove pod default/p1.']);
    assert.ok(!server.calls.some((call) => /^(Stop|Remove)/.test(call)));
  });

  it('lets go of pods whose CNI configuration is gone', async () => {
    const host = nodeWith(
      runtime(['p1'], () => {
        if (!host.changes.includes(`write ${CNI_STAND_IN}`)) throw new Refusal(2, 'cni plugin not initialized');
      }),
      {
        files: { '/run/netns/cni-1': '' },
        commands: { find: '', 'ip netns pids cni-1': '', 'ip netns delete cni-1': '' },
      },
    );
    await removePods(host, RUNTIME, { log: recordedLog() });
    assert.deepEqual(host.changes, ['run ip netns delete cni-1', `write ${CNI_STAND_IN}`, `remove ${CNI_STAND_IN}`]);
  });

  it('names the pods that cannot be removed, and goes on without them only when forced', async () => {
    const stuck = () =>
      nodeWith(
        runtime(['p1', 'p2'], (_, pod) => {
          if (pod === 'p1') throw new Refusal(2, 'device busy');
        }),
      );
    await assert.rejects(removePods(stuck(), RUNTIME, { log: recordedLog() }), {
      code: 'RESET_INCOMPLETE',
      what: '1 pod could not be removed',
      why: 'default/p1: device busy',
    });
    const log = recordedLog();
    await removePods(stuck(), RUNTIME, { log, force: true });
    assert.deepEqual(log.lines, [
      'info 1 pod stopped and removed.',
      'warning 1 pod could not be removed:\ndefault/p1: device busy',
    ]);
  });

  it('starts a runtime that was stopped while pods ran', async () => {
    const server = runtime(['p1']);
    const host = nodeWith(server, {
      units: { 'containerd.service': { active: false } },
      files: { '/var/lib/kubelet/pods/u1/etc-hosts': '' },
    });
    await removePods(host, RUNTIME, { log: recordedLog() });
    assert.equal(host.changes[0], 'start containerd.service');
    assert.ok(server.calls.includes('RemovePodSandbox p1'));
  });

  it('does not start a runtime that never had a pod', async () => {
    const host = fakeHost({ units: { 'containerd.service': { active: false } }, commands: { ps: '', find: '' } });
    await removePods(host, RUNTIME, { log: recordedLog() });
    assert.deepEqual(host.changes, []);
  });

  it('kills the pods of a runtime that is gone, with all they started, and nobody else', async () => {
    const processes = [
      '    1     0 /sbin/init',
      `  100     1 ${SHIM}`,
      '  101   100 /pause',
      '  102   100 /bin/sh -c worker',
      '  103   102 worker',
      `  200     1 ${SHIM.replace('k8s.io', 'moby')}`,
      '  201   200 nginx',
      '  300     1 grep containerd-shim -namespace k8s.io x',
    ];
    const host = fakeHost({
      commands: { ps: `${processes.join('\n')}\n`, kill: '', umount: '', find: '', readlink: (args) => `${args[1]}\n` },
      files: {
        '/proc/self/mountinfo':
          '9 1 0:50 / /run/containerd/io.containerd.grpc.v1.cri/sandboxes/x/shm rw - tmpfs shm rw\n',
      },
    });
    await removePods(host, RUNTIME, { log: recordedLog() });
    assert.deepEqual(host.changes, [
      'run kill -KILL 100 101 102 103',
      'run umount /run/containerd/io.containerd.grpc.v1.cri/sandboxes/x/shm',
    ]);
  });

  it("removes the kubelet's containers through Docker if it used Docker", async () => {
    const host = fakeHost({
      commands: { docker: (args) => (args[0] === 'ps' ? 'a1\na2\n' : '') },
    });
    await removePods(host, { socket: '/var/run/dockershim.sock', unit: 'docker.service' }, { log: recordedLog() });
    assert.deepEqual(host.changes, ['run docker stop --time 2 a1 a2', 'run docker rm --force --volumes a1 a2']);
  });

  it('a Docker that does not answer ends a reset, which --force continues', async () => {
    const docker = { exitCode: 1, stderr: 'Cannot connect to the Docker daemon' };
    const runtime = { socket: '/var/run/dockershim.sock', unit: 'docker.service' };
    const host = fakeHost({ commands: { docker }, units: { 'docker.service': { active: true } } });
    const log = recordedLog();
    await assert.rejects(removePods(host, runtime, { log }), { code: 'RESET_INCOMPLETE' });
    await removePods(host, runtime, { log, force: true });
    assert.match(log.lines.join(), /Cannot connect to the Docker daemon/);
  });

  it("removes the kubelet's cgroups, in every hierarchy", async () => {
    const host = nodeWith(runtime([]), {
      units: { ...RUNNING, 'kubepods.slice': { active: true } },
      commands: { find: '/sys/fs/cgroup/cpuset/kubepods.slice\n/sys/fs/cgroup/freezer/kubepods.slice\n' },
    });
    await removePods(host, RUNTIME, { log: recordedLog() });
    assert.deepEqual(host.changes, [
      'stop kubepods.slice',
      'run find /sys/fs/cgroup/cpuset/kubepods.slice /sys/fs/cgroup/freezer/kubepods.slice -depth -type d -delete',
    ]);
  });
});
