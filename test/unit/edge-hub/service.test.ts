import assert from 'node:assert/strict';
import { type EdgeHubOptions, edgeHubFiles } from '../../../src/edge-hub/edge-hub.ts';
import { modeIn } from '../../../src/edge-hub/flags.ts';
import { readHubService } from '../../../src/edge-hub/service.ts';

const SERVICE: EdgeHubOptions = {
  flavor: 'openyurt',
  kubernetesVersion: 'v1.34.4',
  hubVersion: 'v1.7.0',
  nodeName: 'edge-1',
  apiServers: ['https://10.0.0.1:6443', 'https://[fd00::1]:6443'],
  nodePool: 'hangzhou',
  caPem: '-----BEGIN CERTIFICATE-----\nY2E=\n-----END CERTIFICATE-----\n',
  caHash: '4f1c',
  nodeIp: '10.0.0.5',
};
const DROP_IN = '/etc/systemd/system/yurthub.service.d/10-yurthub.conf';

function contentOf(options: EdgeHubOptions, path: string): string {
  const file = edgeHubFiles(options).files.find((each) => each.path === path);
  return file && 'content' in file ? file.content : assert.fail(`no ${path}`);
}

describe('the service of yurthub', () => {
  it('the service of yurthub starts at boot before the kubelet, and its drop-in has the flags of the release', () => {
    const unit = contentOf(SERVICE, '/etc/systemd/system/yurthub.service');
    assert.match(unit, /^Before=kubelet\.service$/m);
    assert.match(unit, /^\[Install\]\nWantedBy=multi-user\.target$/m);
    const { version, flags } = readHubService(contentOf(SERVICE, DROP_IN));
    assert.equal(version, 'v1.7.0');
    assert.deepEqual(flags, [
      '--v=2',
      '--node-name=edge-1',
      '--working-mode=edge',
      '--server-addr=https://10.0.0.1:6443,https://[fd00::1]:6443',
      '--bootstrap-file=/var/lib/yurthub/bootstrap-hub.conf',
      '--nodepool-name=hangzhou',
      '--discovery-token-ca-cert-hash=sha256:4f1c',
      '--node-ip=10.0.0.5',
    ]);
  });

  it('a yurthub before 1.7 is not given flags that it does not know', () => {
    const { flags } = readHubService(contentOf({ ...SERVICE, hubVersion: 'v1.6.1' }, DROP_IN));
    assert.ok(!flags.some((flag) => /node-ip|ca-cert-hash/.test(flag)), flags.join(' '));
  });

  it('a yurthub in the mode kubeletcertificate is given neither bootstrap file nor CA hash, and its kubeconfig names the pair of the kubelet', () => {
    const options: EdgeHubOptions = { ...SERVICE, mode: 'kubeletcertificate' };
    const { flags } = readHubService(contentOf(options, DROP_IN));
    assert.equal(modeIn(flags), 'kubeletcertificate');
    assert.ok(!flags.some((flag) => /bootstrap-file|ca-cert-hash/.test(flag)), flags.join(' '));
    const kubeconfig = contentOf(options, '/var/lib/yurthub/yurthub.conf');
    assert.match(kubeconfig, /client-key: \/var\/lib\/kubelet\/pki\/kubelet-client-current\.pem/);
  });

  it('the flags that yurtadm keeps in variables of its drop-in are read, comments are not', () => {
    const text = [
      '# --v=9',
      'Environment="YURTHUB_BOOTSTRAP_ARGS=--bootstrap-mode=kubeletcertificate"',
      'Environment="YURTHUB_CONFIG_ARGS=--bind-address=127.0.0.1 --working-mode=edge"',
      'ExecStart=',
      'ExecStart=/usr/local/bin/yurthub --node-name=edge-1 --server-addr=https://10.0.0.1:6443 $YURTHUB_BOOTSTRAP_ARGS',
    ].join('\n');
    const { version, flags } = readHubService(text);
    assert.deepEqual([version, modeIn(flags), flags.includes('--v=9')], [undefined, 'kubeletcertificate', false]);
    assert.ok(flags.includes('--working-mode=edge') && flags.includes('--server-addr=https://10.0.0.1:6443'));
  });
});
