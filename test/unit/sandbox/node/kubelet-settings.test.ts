import assert from 'node:assert/strict';
import { type KubeletRunSettings, readRunSettings } from '../../../../sandbox/node/kubelet-settings.ts';
import { unitCommand } from '../../../../sandbox/node/unit-command.ts';
import { toYaml } from '../../../../src/templates/yaml.ts';
import { CONFIGURATION, FLAGS, type TestMachine, testMachine, writeKubeletFiles } from './machine.ts';

describe('the small kubelet reads what a join wrote', () => {
  let node: TestMachine;
  beforeEach(async () => {
    node = await testMachine();
    await writeKubeletFiles(node);
  });
  afterEach(() => node.remove());

  const read = async (version = 'v1.20.2'): Promise<KubeletRunSettings> => {
    const [, ...args] = await unitCommand(node.machine, 'kubelet.service');
    return readRunSettings(node.machine, args, { version, hostname: 'EDGE1' });
  };
  const flags = (...words: string[]) =>
    node.put('/var/lib/kubelet/kubeadm-flags.env', `KUBELET_KUBEADM_ARGS="--node-ip=192.0.2.7 ${words.join(' ')}"\n`);
  const configuration = (change: object) =>
    node.put('/var/lib/kubelet/config.yaml', toYaml({ ...CONFIGURATION, ...change }));

  it('through unit, drop-in and environment file', async () => {
    assert.deepEqual(await unitCommand(node.machine, 'kubelet.service'), [
      '/usr/bin/kubelet',
      '--kubeconfig=/etc/kubernetes/kubelet.conf',
      '--config=/var/lib/kubelet/config.yaml',
      '--hostname-override=edge1',
      '--node-ip=192.0.2.7',
      ...FLAGS.filter((flag) => flag.startsWith('--node-labels=')),
    ]);
    const settings = await read();
    assert.equal(settings.nodeName, 'edge1');
    assert.equal(settings.nodeIp, '192.0.2.7');
    assert.equal(settings.labels.shop, '17');
    assert.equal(settings.staticPodPath, '/etc/kubernetes/manifests');
    assert.deepEqual(settings.connection.servers, ['https://127.0.0.1:1']);
    assert.match(settings.connection.key ?? '', /PRIVATE KEY/);
  });

  it('the small kubelet reads what a join wrote with the flags of an administrator behind those of edgeadm', async () => {
    await node.put('/etc/default/kubelet', "KUBELET_EXTRA_ARGS='--hostname-override=other --v=4'\n");
    assert.equal((await read()).nodeName, 'other');
  });

  it('the small kubelet reads what a join wrote and takes the host name, in lower case, if no flag names the node', async () => {
    await flags();
    assert.equal((await read()).nodeName, 'edge1');
  });

  it('the small kubelet reads what a join wrote and taints of the flags or of the configuration', async () => {
    await flags('--register-with-taints=edge=shop:NoSchedule');
    assert.deepEqual((await read()).taints, [{ key: 'edge', value: 'shop', effect: 'NoSchedule' }]);
    const taint = { key: 'a', value: 'b', effect: 'NoExecute' };
    await configuration({ registerWithTaints: [taint] });
    assert.deepEqual((await read('v1.23.0')).taints, [taint]);
  });

  it('the small kubelet takes the flags of a real one that have a field of the configuration, and they count more', async () => {
    await configuration({ maxPods: 20 });
    await flags(
      '--max-pods=30',
      '--cgroup-driver=systemd',
      '--fail-swap-on=false',
      '--eviction-hard=memory.available<5%',
    );
    const { maxPods, evictionHard } = await read();
    assert.deepEqual({ maxPods, evictionHard }, { maxPods: 30, evictionHard: { 'memory.available': '5%' } });
  });

  const faults: [what: string, spoil: () => Promise<unknown>, said: RegExp, version?: string][] = [
    ['a flag that it does not know', () => flags('--colour=red'), /unknown flag: --colour/],
    ['a flag that its version has no more', () => flags('--network-plugin=cni'), /unknown flag/, 'v1.24.0'],
    ['a label that no node may give itself', () => flags('--node-labels=kubernetes.io/x=1'), /unknown 'kubernetes.io'/],
    ['a taint without an effect', () => flags('--register-with-taints=a=b'), /register-with-taints/],
    ['a configuration that is no YAML', () => node.put('/var/lib/kubelet/config.yaml', 'a: ['), /load Kubelet config/],
    ['a configuration of another kind', () => configuration({ kind: 'Pod' }), /no kind "Pod" is registered/],
    ['a DNS address that is none', () => configuration({ clusterDNS: ['dns'] }), /clusterDNS/],
    ['a cgroup driver that does not exist', () => configuration({ cgroupDriver: 'systemD' }), /cgroup driver/],
    ['a CA that is no certificate', () => node.put('/etc/kubernetes/pki/ca.crt', 'CA'), /client CA file/],
    ['swap', () => node.put('/proc/swaps', 'Filename\n/swapfile file 1 0 -2\n'), /swap on is not supported/],
    ['a kubeconfig that is not there', () => node.machine.remove('/etc/kubernetes/kubelet.conf'), /no such file/],
    ['a kubeconfig without a server', () => node.put('/etc/kubernetes/kubelet.conf', 'kind: Config'), /no server/],
    [
      'a certificate that is not there',
      () => node.machine.remove('/var/lib/kubelet/pki/kubelet-client-current.pem'),
      /unable to read client-cert/,
    ],
  ];
  for (const [what, spoil, said, version] of faults) {
    it(`the small kubelet reads what a join wrote and exits over ${what}`, async () => {
      await spoil();
      await assert.rejects(read(version), said);
    });
  }

  it('the small kubelet reads what a join wrote and is not started if systemd would refuse the unit', async () => {
    await node.machine.remove('/etc/systemd/system/kubelet.service.d/10-kubeadm.conf');
    assert.deepEqual(await unitCommand(node.machine, 'kubelet.service'), ['/usr/bin/kubelet']);
    await node.put('/etc/systemd/system/kubelet.service', '[Service]\nRestart=always\n');
    await assert.rejects(unitCommand(node.machine, 'kubelet.service'), /no ExecStart/);
    await node.machine.remove('/etc/systemd/system/kubelet.service');
    await assert.rejects(unitCommand(node.machine, 'kubelet.service'), /not found/);
  });
});
