import assert from 'node:assert/strict';
import { EdgeadmError } from '../../../src/errors/index.ts';
import type { Address } from '../../../src/host/machine.ts';
import { ApiClient } from '../../../src/kubernetes/api/client.ts';
import { CriClient } from '../../../src/kubernetes/cri/index.ts';
import { kubeletComplaints } from '../../../src/kubernetes/kubelet/log.ts';
import { clusterView } from '../../../src/phases/join/cluster-view.ts';
import { generateKey } from '../../../src/pki/certificate-request.ts';
import { selfSignedCertificate } from '../../../src/pki/self-signed.ts';
import { fakeCluster } from '../fake-cluster.ts';
import { fakeHost } from '../fake-host.ts';
import { apiServer } from '../kubernetes/api-server.ts';
import { criServer } from '../kubernetes/cri-server.ts';
import { assertFinds, assertOk, contextOf } from '../phases/preflight/context.ts';

const TYPED = 'https://10.9.9.9:6443';

async function errorOf(attempt: Promise<unknown>): Promise<EdgeadmError> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof EdgeadmError, String(error));
  return error;
}

describe('a certificate for other names', () => {
  for (const [source, address, host] of [
    ['kubernetes/kubernetes#58921: the address that was typed', '10.9.9.9', '10.9.9.9'],
    ['k3s-io/k3s#5159: the address of a load balancer', '10.0.2.8', '10.0.2.8'],
    ['rancher/rke2#852: a host name', 'rancher.example.org', 'rancher.example.org'],
    ['rancher-archives/rke#688: a loopback address', '127.0.0.1', '127.0.0.1'],
    ['an IPv6 address', '[2001:db8::1]', '2001:db8::1'],
  ] as const) {
    it(`a certificate for other names is said to be for its names and not for ${host}, without a word of firewalls: ${source}`, async () => {
      const server = await apiServer(() => ({}));
      const client = new ApiClient({ servers: [`https://${address}:6443`], ca: server.ca }, server.connect);
      const { what, why, next, code } = await errorOf(client.get('/version'));
      client.close();
      assert.equal(code, 'API_UNREACHABLE');
      assert.match(what, /^cannot verify the certificate of the API server https:/);
      assert.ok(why?.includes(`valid for 10.0.0.1, not for ${host}`));
      assert.match(next, /certSANs/);
      assert.doesNotMatch(next, /firewall/);
    });
  }

  it('a certificate of another CA is answered with how to give the right one (a kubeconfig without a CA, rancher/rancher#13016)', async () => {
    const server = await apiServer(() => ({}));
    const other = selfSignedCertificate(await generateKey(), { commonName: 'x', organizations: [] }, {});
    const client = new ApiClient({ servers: [server.server], ca: other }, server.connect);
    const { what, why, next } = await errorOf(client.get('/version'));
    client.close();
    assert.match(`${what}: ${why}`, /cannot verify the certificate .*self-signed certificate/);
    assert.match(next, /certificate-authority-data/);
    assert.doesNotMatch(next, /firewall/);
  });
});

/** What each of two servers does, and what has to be said of both, the one that explains most first. */
const TWO_SERVERS: readonly {
  readonly source: string;
  readonly first: 'refuses' | number | string;
  readonly second: 'refuses' | number | string;
  readonly says: readonly RegExp[];
  readonly next?: RegExp;
}[] = [
  {
    source: 'kubernetes/kubernetes#122639, a certificate that is not valid behind one of the addresses',
    first: 'certificate',
    second: 'refuses',
    says: [
      /certificate of the API server https:\/\/10\.9\.9\.1:6443.*not for 10\.9\.9\.1/,
      /10\.9\.9\.2:6443 .*ECONNREFUSED/,
    ],
    next: /certSANs/,
  },
  {
    source: 'kubernetes/kubernetes#72102, the first address is away',
    first: 'refuses',
    second: 'certificate',
    says: [/certificate of the API server https:\/\/10\.9\.9\.2:6443/, /10\.9\.9\.1:6443 .*ECONNREFUSED/],
    next: /certSANs/,
  },
  {
    source: 'containerd/containerd#4531, HTTP 503 of a gateway before an address that is away',
    first: 503,
    second: 'refuses',
    says: [/10\.0\.0\.1:6443 did not answer: HTTP 503 from a gateway/, /10\.9\.9\.2:6443 .*ECONNREFUSED/],
  },
  {
    source: 'k3s-io/k3s#3723, HTTP 503 of a gateway before a certificate that is not valid',
    first: 503,
    second: 'certificate',
    says: [/certificate of the API server https:\/\/10\.9\.9\.2:6443/, /10\.0\.0\.1:6443 did not answer: HTTP 503/],
    next: /certSANs/,
  },
  {
    source: 'k3s-io/k3s#11425, both are away',
    first: 'refuses',
    second: 'refuses',
    says: [/10\.9\.9\.1:6443 .*ECONNREFUSED/, /10\.9\.9\.2:6443 .*ECONNREFUSED/],
    next: /firewall/,
  },
];

describe('several API servers', () => {
  for (const { source, first, second, says, next } of TWO_SERVERS) {
    it(`each API server that was tried is reported, the one that explains most first: ${source}`, async () => {
      const server = await apiServer(() => (typeof first === 'number' ? first : {}));
      const address = (way: string | number, last: number) =>
        `https://${typeof way === 'number' ? '10.0.0.1' : `10.9.9.${last}`}:6443`;
      const ways: Record<string, string | number> = { '10.9.9.1': first, '10.9.9.2': second };
      const client = new ApiClient(
        { servers: [address(first, 1), address(second, 2)], ca: server.ca },
        async (to: Address) => {
          const host = 'host' in to ? String(to.host) : '';
          if (ways[host] === 'refuses') throw new Error(`connect ECONNREFUSED ${host}:6443`);
          return server.connect();
        },
      );
      const error = await errorOf(client.get('/version'));
      client.close();
      assert.equal(error.code, 'API_UNREACHABLE');
      const lines = error.why?.split('\n') ?? [];
      assert.equal(lines.length, says.length, lines.join('\n'));
      for (const [i, line] of says.entries()) assert.match(lines[i] ?? '', line);
      if (next) assert.match(error.next, next);
    });
  }
});

/** What a kubelet said before it died of something that followed from it. */
const LAST_WORDS: readonly { readonly source: string; readonly log: readonly string[]; readonly first: RegExp }[] = [
  {
    source: 'kubernetes/kubernetes#98150, an expired certificate before the missing bootstrap kubeconfig',
    log: [
      'E0118 17:33:58.888700 1457370 bootstrap.go:265] part of the existing bootstrap client certificate is expired: 2020-12-06',
      'F0118 17:33:58.888743 1457370 server.go:271] failed to run Kubelet: unable to load bootstrap kubeconfig: no such file',
    ],
    first: /client certificate is expired/,
  },
  {
    source: 'kubernetes/minikube#11966, in the spelling of another version',
    log: [
      'Flag --authorization-mode has been deprecated',
      'E0713 12:37:13.644332   30147 bootstrap.go:263] Part of the existing bootstrap client certificate is expired: 2021-07-11',
      'F0713 12:37:13.644415   30147 server.go:273] failed to run Kubelet: unable to load bootstrap kubeconfig: no such file',
      'goroutine 1 [running]:',
    ],
    first: /client certificate is expired/,
  },
  {
    source: 'kubernetes/kubernetes#130001, a request for a certificate that fails, in structured lines',
    log: [
      'E0213 09:38:03.081733 1844189 certificate_manager.go:356] kubernetes.io/kube-apiserver-client-kubelet: cannot create certificate signing request',
      'E0213 09:38:03.081900 1844189 run.go:74] "command failed" err="failed to run Kubelet: timed out"',
    ],
    first: /cannot create certificate signing request/,
  },
];

describe('the last words of a kubelet', () => {
  for (const { source, log, first } of LAST_WORDS) {
    it(`what a kubelet said before it died is shown before what it died of: ${source}`, () => {
      const before = [
        'F0101 00:00:00.000000 1 server.go:1] a life before',
        'E0101 00:00:01.000000 1 x.go:1] connection refused',
      ];
      const [shown = '', died = '', ...more] = kubeletComplaints([...before, ...log].join('\n')).split('\n');
      assert.match(shown, first);
      assert.match(died, /failed to run Kubelet/);
      assert.deepEqual(more, []);
    });
  }
});

describe('a container runtime without a version of CRI that is known', () => {
  it('the version of CRI that is used today is named, not the one that was tried after it (kubernetes-sigs/cri-tools#1073, containerd/containerd#8139)', async () => {
    const { why } = await errorOf(CriClient.connect(criServer({}, []), '/run/containerd/containerd.sock'));
    assert.match(why ?? '', /unknown service \/?runtime\.v1\.RuntimeService/);
    assert.doesNotMatch(why ?? '', /v1alpha2/);
  });
});

describe('the address that was typed and the one that cluster-info names', () => {
  it('a join that uses the second one warns, with the reason (kubernetes/kubeadm#2781)', async () => {
    const given = { spec: { apiServers: [TYPED] } };
    const { remedy } = await assertFinds(
      'CAHash',
      'warning',
      /10\.9\.9\.9:6443 is not used: .*valid for 10\.0\.0\.1/,
      given,
    );
    assert.match(remedy ?? '', /certificate/);
    await assertOk('CAHash');
  });

  it('both tries are reported, the typed one first, if neither can be used (kubernetes/kubeadm#1331)', async () => {
    const cluster = await fakeCluster();
    const { spec } = await contextOf({ spec: { apiServers: [TYPED], caCertHashes: [cluster.caCertHash] } });
    const connect = async (address: Address) => {
      if ('host' in address && address.host === '10.0.0.1') throw new Error('connect ECONNREFUSED 10.0.0.1:6443');
      return cluster.connect();
    };
    const view = clusterView(spec, fakeHost({ connect }));
    const { what, why = '', next } = await errorOf(view.trusted());
    view.close();
    assert.match(what, /certificate of the API server https:\/\/10\.9\.9\.9:6443/);
    const [first = '', second = ''] = why.split('\n');
    assert.match(first, /valid for 10\.0\.0\.1, not for 10\.9\.9\.9/);
    assert.match(second, /the address that cluster-info names: .*10\.0\.0\.1:6443.*ECONNREFUSED/);
    assert.match(next, /certSANs/);
  });
});
