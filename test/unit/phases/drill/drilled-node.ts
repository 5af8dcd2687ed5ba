import { duplexPair } from 'node:stream';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import type { Address } from '../../../../src/host/machine.ts';
import { drill } from '../../../../src/phases/drill/drill.ts';
import { drillByReboot } from '../../../../src/phases/drill/reboot.ts';
import type { DrillOptions, DrillSpec } from '../../../../src/phases/drill/scene.ts';
import { generateKey } from '../../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../../src/pki/self-signed.ts';
import { type FakeHost, fakeHost } from '../../fake-host.ts';
import { criServer } from '../../kubernetes/cri-server.ts';

const SPEC: DrillSpec = { cut: 'iptables', reboot: false, wholePods: false, limitMs: 30_000 };
const kubeconfig = (server: string): string =>
  JSON.stringify({ clusters: [{ name: 'c', cluster: { server } }], users: [], contexts: [] });

/** A node with two pods. */
export class DrilledNode {
  readonly host: FakeHost;
  readonly cri;
  /** Which pods the kubelet brings back. */
  returning = ['web', 'db'];
  addresses: Record<string, string> = { web: '10.244.1.5', db: '' };
  /** When the container of a pod was started. Milliseconds. */
  createdAt: (pod: string) => number = () => 0;
  /** What systemd says of the start of the kubelet. */
  kubeletStart = '';
  /** Whether the user cuts it off when he is asked to. */
  isObeyed = false;
  hasIptables = true;
  /** Names of the images that its runtime has. */
  images = ['openyurt/yurthub:v1.7.0'];
  #isCutByHand = false;
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
          createdAt: this.createdAt(name) * 1e6,
        })),
      }),
      PodSandboxStatus: ({ podSandboxId }) => ({
        status: { network: { ip: this.addresses[String(podSandboxId).slice(2)] } },
      }),
      Status: () => ({ status: { conditions: [] } }),
      ListImages: () => ({ images: this.images.map((tag) => ({ id: tag, repoTags: [tag] })) }),
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
        iptables: () => ({ exitCode: this.hasIptables ? 0 : 4 }),
        '/bin/sh': '',
        systemctl: '',
        env: () => `ExecMainStartTimestamp=${this.kubeletStart}\n`,
      },
      connect: (address) => this.#connect(address),
    });
    this.host = { ...host, startUnit: (unit) => this.#startUnit(host, unit) };
  }

  /** What a boot does: the unit has cut the node off, and the kubelet has started these pods. */
  async boot(): Promise<void> {
    this.#round += 1;
    this.#running = [...this.returning];
    await this.host.write('/var/lib/edgeadm-drill/cut', '1767225600\n', { mode: 0o600 });
    this.cut = true;
  }

  async #startUnit(host: FakeHost, unit: string): Promise<void> {
    await host.startUnit(unit);
    this.#round += 1;
    this.#running = [...this.returning];
  }

  async #connect(address: Address) {
    if ('socket' in address) return this.cri.connect();
    if (this.images.length === 0 && address.host === '127.0.0.1')
      throw new EdgeadmError({ code: 'API_UNREACHABLE', what: 'no edge-hub runs' });
    if (this.isCut()) throw new EdgeadmError({ code: 'API_UNREACHABLE', what: 'cut off' });
    return duplexPair()[0];
  }

  /** Whether a boot has cut it off. */
  cut = false;

  isCut(): boolean {
    if (this.cut || this.#isCutByHand) return true;
    const { changes } = this.host;
    const cut = changes.findLastIndex((change) => change.includes('-I OUTPUT'));
    return cut > changes.findLastIndex((change) => change.startsWith('run /bin/sh'));
  }

  drill(spec: Partial<DrillSpec> = {}, signal = new AbortController().signal) {
    return drill(this.#options(spec, signal));
  }

  reboot(spec: Partial<DrillSpec> = {}) {
    return drillByReboot(this.#options({ ...spec, reboot: true }, new AbortController().signal));
  }

  #options(spec: Partial<DrillSpec>, signal: AbortSignal): DrillOptions {
    const { host } = this;
    const confirm = async (question: string) => {
      this.#isCutByHand = this.isObeyed && question.includes('Is it cut off?');
    };
    return {
      host,
      plain: host,
      label: 'edge-1',
      emit: () => {},
      signal,
      dryRun: false,
      confirm,
      spec: { ...SPEC, ...spec },
    };
  }
}

/** Certificate and key of the node, as its kubelet keeps them. */
export async function nodeCertificate(): Promise<string> {
  const key = await generateKey();
  const subject = { commonName: 'system:node:edge-1', organizations: ['system:nodes'] };
  return selfSignedCertificate(key, subject, {}) + key.privatePem;
}
