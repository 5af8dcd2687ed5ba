import assert from 'node:assert/strict';
import { assertFinds, assertOk, type Case } from './context.ts';

const CONFIGURATION = '/var/lib/kubelet/config.yaml';
const node = (version: string): Case['node'] => ({
  kubeletVersion: async () => version,
  edgeHub: async () => ({ image: 'openyurt/yurthub:v1.7.0', flavor: 'openyurt' }),
});

describe('OfflineAutonomy', () => {
  it('passes a new node, since the join sets the feature gate', () =>
    assertOk('OfflineAutonomy', { node: node('v1.35.4') }, /v1\.35\.4 reads plain lists/));

  it('warns of a joined node whose kubelet reads watch lists, and names the command that changes it', () =>
    assertFinds('OfflineAutonomy', 'warning', /config\.yaml leaves WatchListClient on for kubelet v1\.35\.4/, {
      node: node('v1.35.4'),
      machine: { files: { [CONFIGURATION]: 'kind: KubeletConfiguration\n' } },
    }).then(({ remedy }) => assert.match(remedy ?? '', /edgeadm upgrade/)));

  it('passes a joined node that has the gate, and kubelets before 1.35', async () => {
    const files = { [CONFIGURATION]: 'featureGates: {WatchListClient: false}\n' };
    await assertOk('OfflineAutonomy', { node: node('v1.35.4'), machine: { files } });
    await assertOk('OfflineAutonomy', { node: node('v1.34.4'), machine: { files: { [CONFIGURATION]: 'a: 1\n' } } });
  });

  it('warns of a flag that overrides the gate in the file, before the join too', () =>
    assertFinds('OfflineAutonomy', 'warning', /a flag of the kubelet sets/, {
      node: node('v1.35.4'),
      machine: { files: { '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS="--feature-gates=WatchListClient=true"\n' } },
    }));

  it('the check of offline autonomy is skipped without an edge-hub', () =>
    assertFinds('OfflineAutonomy', 'skipped', /no edge-hub/, { node: { edgeHub: async () => undefined } }));
});
