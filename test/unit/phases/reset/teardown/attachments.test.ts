import assert from 'node:assert/strict';
import { removeAttachments } from '../../../../../src/phases/reset/teardown/attachments.ts';
import { fakeHost } from '../../../fake-host.ts';

const network = {
  cniVersion: '0.3.1',
  name: 'cbr0',
  plugins: [{ type: 'bridge' }, { type: 'portmap', capabilities: { portMappings: true } }],
};
const attachment = (containerId: string): string =>
  JSON.stringify({
    kind: 'cniCacheV1',
    containerId,
    config: Buffer.from(JSON.stringify(network)).toString('base64'),
    ifName: 'eth0',
    networkName: 'cbr0',
    cniArgs: [
      ['IgnoreUnknown', '1'],
      ['K8S_POD_NAME', 'web'],
    ],
    capabilityArgs: { portMappings: [{ hostPort: 80, containerPort: 80 }], dns: {} },
    result: {},
  });

describe('the network of docker containers that are gone', () => {
  it('the network of docker containers that are gone is taken away by its plug-ins, last one first, and that of others stays', async () => {
    const inputs: unknown[] = [];
    const env = (_: readonly string[], options?: { input?: string | Buffer }): string => {
      inputs.push(JSON.parse(String(options?.input)));
      return '';
    };
    const results = '/var/lib/cni/cache/results';
    const files = { [`${results}/cbr0-a1-eth0`]: attachment('a1'), [`${results}/cbr0-b1-eth0`]: attachment('b1') };
    const host = fakeHost({ files, commands: { env, rm: '' } });
    await removeAttachments(host, ['a1'], '/opt/cni/bin');
    const call =
      'run env CNI_COMMAND=DEL CNI_CONTAINERID=a1 CNI_NETNS= CNI_IFNAME=eth0 CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAME=web CNI_PATH=/opt/cni/bin';
    assert.deepEqual(host.changes, [
      `${call} /opt/cni/bin/portmap`,
      `${call} /opt/cni/bin/bridge`,
      `run rm -f ${results}/cbr0-a1-eth0`,
    ]);
    assert.deepEqual((inputs[0] as { runtimeConfig: unknown }).runtimeConfig, {
      portMappings: [{ hostPort: 80, containerPort: 80 }],
    });
  });
});
