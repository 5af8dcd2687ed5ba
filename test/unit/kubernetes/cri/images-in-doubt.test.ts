import assert from 'node:assert/strict';
import { renewImages } from '../../../../src/kubernetes/cri/images-in-doubt.ts';
import { type FakeNode, fakeHost } from '../../fake-host.ts';
import { criServer } from '../cri-server.ts';

const ctr = (words: string) => `ctr --namespace k8s.io ${words}`;
const [HUB, PAUSE] = ['example.com/edge-hub:1', 'registry.k8s.io/pause:3.9'] as const;
const MIRROR = 'mirror.example.com/edge-hub:1';
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

/** As ctr of containerd 1.7 prints them; CRI's own record of the hub's image is the one that the container names. */
const LISTINGS = {
  'images list': `REF TYPE DIGEST SIZE PLATFORMS LABELS
${HUB} application/vnd.oci.image.manifest.v1+json ${digest('a')} 9 B linux/amd64 -
${digest('c')} application/vnd.oci.image.manifest.v1+json ${digest('a')} 9 B linux/amd64 -
${PAUSE} application/vnd.oci.image.manifest.v1+json ${digest('b')} 9 B linux/amd64 -
`,
  'containers list': `CONTAINER    IMAGE    RUNTIME
hub-pod    ${PAUSE}    io.containerd.runc.v2
hub-main    ${digest('c')}    io.containerd.runc.v2
web-pod    ${PAUSE}    io.containerd.runc.v2
`,
  'leases list': `ID CREATED AT LABELS
hub-pod 2026-11-30T17:00:00Z -
3401-import 2026-11-30T17:00:00Z containerd.io/gc.expire=2026-12-01T17:00:00Z
`,
};

function nodeWith({ kubelet = true, mirror = false, failing = '' } = {}) {
  const pods = ['hub-pod', 'web-pod'];
  const server = criServer({
    ListPodSandbox: () => ({ items: pods.map((id) => ({ id, metadata: { name: id, namespace: 'x', uid: id } })) }),
    ListContainers: () => ({
      containers: [{ id: 'hub-main', podSandboxId: 'hub-pod', metadata: { name: 'main' }, state: 2 }],
    }),
    StopPodSandbox: () => ({}),
    RemovePodSandbox: () => ({}),
  });
  const commands: FakeNode['commands'] = {
    ...Object.fromEntries(
      Object.entries(LISTINGS).map(([words, text]) => {
        const whole =
          words === 'images list' && mirror ? `${text}${text.split('\n')[1]?.replace(HUB, MIRROR)}\n` : text;
        return [ctr(words), words === failing ? { exitCode: 1, stdout: '', stderr: 'no answer' } : whole];
      }),
    ),
    ctr: '',
  };
  const units = { 'kubelet.service': { active: kubelet } };
  const host = fakeHost({ commands, units, connect: server.connect });
  const removed = () => server.calls.filter((call) => /^Remove/.test(call));
  return { host, changes: host.changes, removed };
}

describe('images that a power cut may have damaged', () => {
  it('images that a power cut may have damaged go with the pods that use them and what cut imports hold, while the kubelet rests', async () => {
    const { host, changes, removed } = nodeWith();
    let before = 0;
    const imported = await renewImages(host, new Set([HUB]), async () => {
      before = changes.length;
      return 'imported';
    });
    assert.equal(imported, 'imported');
    assert.deepEqual(removed(), ['RemovePodSandbox hub-pod']);
    assert.deepEqual(changes, [
      'stop kubelet.service',
      `run ${ctr(`images remove --sync ${digest('c')} ${HUB}`)}`,
      `run ${ctr('leases delete --sync 3401-import')}`,
      'start kubelet.service',
    ]);
    assert.equal(before, 3);
  });

  it('the image of the sandboxes, damaged by a power cut, goes with all pods', async () => {
    const { host, removed } = nodeWith();
    await renewImages(host, new Set([PAUSE]), async () => {});
    assert.deepEqual(removed(), ['RemovePodSandbox hub-pod', 'RemovePodSandbox web-pod']);
  });

  it('a kubelet that did not run is not started when damaged images are imported again', async () => {
    const { host, changes } = nodeWith({ kubelet: false });
    await renewImages(host, new Set([HUB]), async () => {});
    assert.ok(!changes.some((change) => change.includes('kubelet')));
  });

  it('the kubelet runs again if damaged images cannot be imported again', async () => {
    const { host, changes } = nodeWith();
    const failing = renewImages(host, new Set([HUB]), () => Promise.reject(new Error('no space')));
    await assert.rejects(failing, /no space/);
    assert.equal(changes.at(-1), 'start kubelet.service');
  });

  it('the kubelet runs again if the user interrupts the import of damaged images', async () => {
    const { host, changes } = nodeWith();
    const interrupted = { ...host, unbound: host, startUnit: () => Promise.reject(new Error('interrupted')) };
    const ending = renewImages(interrupted, new Set([HUB]), () => Promise.reject(new Error('interrupted')));
    await assert.rejects(ending, /interrupted/);
    assert.equal(changes.at(-1), 'start kubelet.service');
  });

  it('a damaged image that has another name too loses and regains it, and pods by any of its names go', async () => {
    const { host, changes, removed } = nodeWith({ mirror: true });
    await renewImages(host, new Set([HUB]), async () => {});
    assert.deepEqual(removed(), ['RemovePodSandbox hub-pod']);
    assert.deepEqual(changes, [
      'stop kubelet.service',
      `run ${ctr(`images remove --sync ${digest('c')} ${HUB} ${MIRROR}`)}`,
      `run ${ctr('leases delete --sync 3401-import')}`,
      `run ${ctr(`images tag ${HUB} ${MIRROR}`)}`,
      'start kubelet.service',
    ]);
  });

  it('if containerd does not list its containers, damaged images are not taken for repaired', async () => {
    const { host, changes } = nodeWith({ failing: 'containers list' });
    await assert.rejects(
      renewImages(host, new Set([HUB]), async () => {}),
      /ctr .*containers list/,
    );
    assert.deepEqual(changes, ['stop kubelet.service', 'start kubelet.service']);
  });

  it('without images that a power cut may have damaged, nothing is asked or stopped', async () => {
    const { host, changes } = nodeWith();
    await renewImages(host, new Set(), async () => {});
    assert.deepEqual([changes, host.queries], [[], []]);
  });
});
