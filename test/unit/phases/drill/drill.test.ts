import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import type { Address } from '../../../../src/host/machine.ts';
import { drill } from '../../../../src/phases/drill/drill.ts';
import { refuseFaults } from '../../../../src/phases/drill/report.ts';
import type { DrillSpec } from '../../../../src/phases/drill/scene.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../../src/pki/self-signed.ts';
import { type FakeHost, fakeHost } from '../../fake-host.ts';
import { criServer } from '../../kubernetes/cri-server.ts';

const SPEC: DrillSpec = { cut: 'iptables', reboot: false, wholePods: false, limitMs: 30_000 };
const JOINED = { joined: 'edge-1' };
const kubeconfig = (server: string): string =>
  JSON.stringify({ clusters: [{ name: 'c', cluster: { server } }], users: [], contexts: [] });

/** A node with two pods. */
class DrilledNode {
  readonly host: FakeHost;
  readonly cri;
  /** Which pods the kubelet brings back. */
  returning = ['web', 'db'];
  addresses: Record<string, string> = { web: '10.244.1.5', db: '' };
  #round = 0;
  #running = ['web', 'db'];

  constructor(pem: string, kubelet: string) {
    this.cri = criServer({
      ListPodSandbox: () => ({
        items: ['web', 'db'].map((name) => ({ id: `s-${name}`, metadata: { name, namespace: 'default', uid: name } })),
      }),
      ListContainers: () => ({
        containers: this.#running.map((name) => ({
          id: `c-${name}-${this.#round}`,
          podSandboxId: `s-${name}`,
          metadata: { name: 'main' },
          state: 1,
        })),
      }),
      PodSandboxStatus: ({ podSandboxId }) => ({
        status: { network: { ip: this.addresses[String(podSandboxId).slice(2)] } },
      }),
      StopContainer: ({ containerId }) => {
        this.#running = this.#running.filter((name) => !String(containerId).startsWith(`c-${name}-`));
        return {};
      },
    });
    const host = fakeHost({
      files: {
        '/etc/kubernetes/pki/ca.crt': 'ca',
        '/etc/kubernetes/kubelet.conf': kubeconfig('http://127.0.0.1:10261'),
        '/var/lib/yurthub/yurthub.conf': kubeconfig('https://10.0.0.1:6443'),
        '/var/lib/kubelet/pki/kubelet-client-current.pem': pem,
        '/etc/kubernetes/manifests/yurthub.yaml': 'spec: {containers: [{image: "openyurt/yurthub:v1.7.0"}]}\n',
        '/var/lib/kubelet/config.yaml': 'containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n',
        '/usr/bin/kubelet': '',
        '/sys/class/net/flannel.1/address': '9a:11:22:33:44:55\n',
      },
      units: { 'kubelet.service': { active: true } },
      commands: {
        '/usr/bin/kubelet': `Kubernetes ${kubelet}\n`,
        'systemd-run': '',
        iptables: '',
        '/bin/sh': '',
        systemctl: '',
      },
      connect: (address) => this.#connect(address),
    });
    this.host = { ...host, startUnit: (unit) => this.#startUnit(host, unit) };
  }

  async #startUnit(host: FakeHost, unit: string): Promise<void> {
    await host.startUnit(unit);
    this.#round += 1;
    this.#running = [...this.returning];
  }

  async #connect(address: Address) {
    if ('socket' in address) return this.cri.connect();
    if (this.isCut()) throw new EdgeadmError({ code: 'API_UNREACHABLE', what: 'cut off' });
    return duplexPair()[0];
  }

  isCut(): boolean {
    const { changes } = this.host;
    const cut = changes.findLastIndex((change) => change.includes('-I OUTPUT'));
    return cut > changes.findLastIndex((change) => change.startsWith('run /bin/sh'));
  }

  drill(spec: Partial<DrillSpec> = {}, signal = new AbortController().signal) {
    const { host } = this;
    const confirm = async () => {};
    return drill({
      host,
      plain: host,
      label: 'edge-1',
      emit: () => {},
      signal,
      dryRun: false,
      confirm,
      spec: { ...SPEC, ...spec },
    });
  }
}

describe('the offline drill of a node', () => {
  let pem: string;
  before(async () => {
    const key = await generateKey();
    const subject = { commonName: 'system:node:edge-1', organizations: ['system:nodes'] };
    pem = selfSignedCertificate(key, subject, {}) + key.privatePem;
  });
  const node = (kubelet = 'v1.34.4'): DrilledNode => new DrilledNode(pem, kubelet);
  const failure = (work: Promise<unknown>): Promise<EdgeadmError> =>
    work.then(
      () => assert.fail('it did not fail'),
      (error: EdgeadmError) => error,
    );

  it('reports each pod with its address and the MAC of flannel, and passes if all are back', async () => {
    const at = node();
    const report = (await at.drill()) ?? assert.fail();
    refuseFaults(report, JOINED);
    const { nodeName, cutOffFrom, pods, flannelMac, faults } = report;
    assert.deepEqual(
      [nodeName, cutOffFrom, flannelMac, faults],
      ['edge-1', ['10.0.0.1:6443'], '9a:11:22:33:44:55', []],
    );
    assert.deepEqual(
      pods.map(({ pod, address, newAddress }) => [pod, address, newAddress]),
      [
        ['default/web', '10.244.1.5', undefined],
        ['default/db', undefined, undefined],
      ],
    );
    assert.ok(pods.every(({ backAfter = 99 }) => backAfter <= 30));
  });

  it('arms the timer that restores the network before it cuts it, and disarms it after it has restored the network', async () => {
    const at = node();
    await at.drill();
    const { changes } = at.host;
    const position = (text: string): number => changes.findIndex((change) => change.includes(text));
    assert.match(changes[0] ?? '', /^run systemd-run --unit=edgeadm-drill --on-active=150s .*systemctl start kubelet/);
    assert.ok(position('-N EDGEADM-DRILL') > 0);
    assert.ok(position('stop kubelet') > position('-I OUTPUT'));
    assert.match(changes.at(-1) ?? '', /^run \/bin\/sh -c .*-X EDGEADM-DRILL.*systemctl start kubelet/);
    assert.equal(at.isCut(), false);
    assert.ok(at.host.queries.lastIndexOf('systemctl stop edgeadm-drill.timer') >= 0);
  });

  it('names a pod that does not come back and one with another address', async () => {
    const at = node();
    at.returning = ['web'];
    const drilling = at.drill({ limitMs: 1 });
    at.addresses.web = '10.244.1.5';
    const error = await failure(drilling.then((report) => refuseFaults(report ?? assert.fail(), JOINED)));
    assert.equal(error.code, 'DRILL_FAILED');
    assert.match(error.why ?? '', /^default\/db was not back after 0\.001 s$/m);
    assert.equal(at.isCut(), false);
  });

  it('finds a kubelet from 1.35 on that reads watch lists behind a hub that does not serve them', async () => {
    const report = (await node('v1.37.2').drill()) ?? assert.fail();
    const error = await failure((async () => refuseFaults(report, JOINED))());
    assert.match(error.why ?? '', /kubelet v1\.37\.2 reads watch lists; .*does not serve watch lists/);
    assert.match(error.next ?? '', /^edgeadm upgrade/);
    const converted = await failure((async () => refuseFaults(report, { conversion: 'edge-1' }))());
    assert.match(converted.next ?? '', /^edgeadm convert \(it sets/);
    const foreign = await failure((async () => refuseFaults(report, {}))());
    assert.match(foreign.next ?? '', /^set featureGates: \{WatchListClient: false\} in .*systemctl restart kubelet/);
  });

  it('restores the network if it is interrupted', async () => {
    const at = node();
    at.returning = [];
    const controller = new AbortController();
    const { startUnit } = at.host;
    Object.assign(at.host, {
      startUnit: async (unit: string) => {
        await startUnit(unit);
        controller.abort(new Error('Ctrl-C'));
      },
    });
    await failure(at.drill({}, controller.signal));
    assert.equal(at.isCut(), false);
  });

  it('touches no pod if the node still reaches its API server, and nothing at all on another node', async () => {
    const at = node();
    const manual = await failure(at.drill({ cut: 'manual' }));
    assert.match(manual.what, /still reaches its API server/);
    assert.ok(!at.host.changes.some((change) => change.startsWith('stop ')));
    const other = node();
    assert.match(
      (await failure(other.drill({ node: 'edge-2' }))).why ?? '',
      /the machine is the node edge-1, not edge-2/,
    );
    assert.deepEqual(other.host.changes, []);
  });
});
