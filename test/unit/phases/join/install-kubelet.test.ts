import assert from 'node:assert/strict';
import { PATHS } from '../../../../src/host/node-paths.ts';
import { waitFor } from '../../../../src/lib/wait-for.ts';
import type { JoinContext } from '../../../../src/phases/join/context.ts';
import { installKubelet } from '../../../../src/phases/join/install-kubelet.ts';
import { phaseLog } from '../../../../src/workflow/events.ts';
import { type FakeNode, fakeHost } from '../../fake-host.ts';

const { unit } = PATHS.kubelet;
const service = installKubelet.phases?.find(({ name }) => name === 'service');

/** What the phase does to the service of a node. */
async function changesOf(node: FakeNode, { version = 'v1.37.2', hub = false } = {}): Promise<readonly string[]> {
  const host = fakeHost({ ...node, files: { '/usr/bin/kubelet': { content: 'kubelet', mode: 0o755 }, ...node.files } });
  const signal = new AbortController().signal;
  const tools = { log: phaseLog(() => {}), signal, interrupted: signal, wet: true, waitFor };
  const view = {
    bundle: async () => undefined,
    edgeHub: async () => hub || undefined,
    kubeletVersion: async () => version,
    journal: { wrote: () => false },
  };
  await service?.run?.({ host, node: view, ...tools } as unknown as JoinContext & typeof tools);
  return host.changes;
}

describe('the service of the kubelet', () => {
  const rows: ReadonlyArray<readonly [what: string, state: NonNullable<FakeNode['units']>[string], reads: boolean]> = [
    // systemd reads it when it is started.
    ['a service that systemd does not know', { exists: false, enabled: false }, false],
    ['a service that it knows', { exists: true, enabled: true }, true],
    // It stays masked until unit files are read again, though the mask is gone.
    ['a service that is masked', { exists: false, masked: true, outdated: true, enabled: false }, true],
    ['a service with a mistake in its unit', { exists: false, outdated: true, enabled: true }, true],
  ];
  for (const [what, state, reads] of rows)
    it(`${what}: its unit files are ${reads ? 'read again' : 'not read again'}`, async () => {
      const changes = await changesOf({ units: { [unit]: state } });
      assert.ok(changes.includes(`write ${PATHS.kubelet.dropIn}`), changes.join('\n'));
      assert.equal(changes.includes('reload units'), reads, changes.join('\n'));
    });

  const packaged = {
    units: { [unit]: { exists: true, enabled: true } },
    files: {
      '/usr/lib/systemd/system/kubelet.service': `[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS
`,
    },
  };

  it('a service that is right already is left alone', async () => {
    assert.deepEqual(await changesOf(packaged), []);
  });

  // The kubeconfig of a hub names no certificate: such a kubelet would ask for one, with a file that is not there.
  it('a service that is right already gets a drop-in behind an edge-hub, and for a kubelet that knows clouds', async () => {
    for (const more of [{ hub: true }, { version: 'v1.26.15' }])
      assert.ok((await changesOf(packaged, more)).includes(`write ${PATHS.kubelet.dropIn}`));
  });
});
