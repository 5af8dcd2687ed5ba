import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBody, readTar } from '../../../../src/artifacts/tar.ts';
import { writeTgz } from '../../../../src/artifacts/write-tgz.ts';
import { diagnosisHtml } from '../../../../src/cli/diagnosis-html.ts';
import { cleanFile } from '../../../../src/phases/diagnose/clean-file.ts';
import { collect } from '../../../../src/phases/diagnose/collect.ts';
import { COLLECTORS } from '../../../../src/phases/diagnose/collectors.ts';
import { findings } from '../../../../src/phases/diagnose/rules.ts';
import { lastJoin } from '../../../../src/phases/diagnose/timeline.ts';
import { fakeHost } from '../../fake-host.ts';

const { signal } = new AbortController();
const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const body = pem.split('\n')[1] ?? '';
const BOOTSTRAP = 'abcdef.0123456789abcdef';
const OPENAPI = 'oat-2f3a9c81d7e64b05';
const NODE_TOKEN = 'kubeconfig5token7value';
const BEARER = 'bearer8value9that2counts';

/** A node with a secret wherever one may lie. */
const FILES = {
  '/etc/kubernetes/kubelet.conf': `users:\n- user:\n    token: ${NODE_TOKEN}\n    client-key-data: ${Buffer.from(pem).toString('base64')}\n`,
  '/var/lib/kubelet/pki/kubelet.key': pem,
  '/etc/cni/net.d/10-net.conflist': `{"token": "${NODE_TOKEN}", "key": ${JSON.stringify(pem)}}`,
  '/etc/default/kubelet': `# ${BOOTSTRAP}\nEDGEADM_OPENAPI_TOKEN=${OPENAPI}\n`,
  '/var/log/edgeadm.log': `edgeadm join --openapi-token=${OPENAPI} --token ${BOOTSTRAP}\n`,
};
const COMMANDS = {
  journalctl: `Nov 21 kubelet: Authorization: Bearer ${BEARER}\nNov 21 kubelet: ${body}\n-----END PRIVATE KEY-----\n`,
};

describe('the archive of a diagnosis', () => {
  it('holds no secret that lies on the node, wherever it lies', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-'));
    try {
      const path = join(folder, 'a.tgz');
      const collections = await collect(fakeHost({ files: FILES, commands: COMMANDS }), COLLECTORS, { signal });
      await writeTgz(
        path,
        collections.flatMap(({ files }) => files),
        10_000_000,
      );
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      const texts: string[] = [];
      for await (const entry of readTar(path)) texts.push(`${entry.path}\n${(await readBody(entry)).toString()}`);
      const all = texts.join('\n');
      for (const secret of [body, body.slice(0, 40), '0123456789abcdef\n', OPENAPI, NODE_TOKEN, BEARER])
        assert.ok(!all.includes(secret), `${secret} is in the archive`);
      assert.match(all, /\/var\/lib\/kubelet\/pki\/kubelet\.key\n/, 'a file of a key is named');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says of a file that the limit of size has left it out', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-'));
    const path = join(folder, 'a.tgz');
    await writeTgz(path, [{ path: 'long.txt', text: 'x'.repeat(2000) }], 1000);
    for await (const entry of readTar(path)) assert.match((await readBody(entry)).toString(), /left out/);
    await rm(folder, { recursive: true });
  });
});

describe('collectors', () => {
  it('that hang or fail leave a file that says so, and the others go on', async () => {
    const results = await collect(
      fakeHost(),
      [
        { name: 'hangs', run: () => new Promise(() => {}) },
        { name: 'fails', run: () => Promise.reject(new Error('broken')) },
        { name: 'works', run: async () => ({ files: [{ path: 'works.txt', text: 'fine' }] }) },
      ],
      { signal, limitMs: 20 },
    );
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['slow', 'failed', 'ok'],
    );
    assert.match(results[0]?.files[0]?.text ?? '', /not ended within 20ms/);
    assert.match(results[1]?.files[0]?.text ?? '', /broken/);
  });

  it('change nothing on the node', async () => {
    const host = fakeHost({ files: FILES });
    await collect(host, COLLECTORS, { signal });
    assert.deepEqual(host.changes, []);
  });
});

describe('the likely cause', () => {
  const kubelet = { exists: true, active: false, detail: 'failed (Result: exit-code)', complaints: 'unknown flag' };
  const joined = { kubeletConfigured: true, kubelet };

  it('is the kubelet that does not run, with its last words', () => {
    const [first] = findings(joined);
    assert.equal(first?.rule, 'Kubelet');
    assert.match(first?.evidence ?? '', /unknown flag/);
  });

  it('is what stops the kubelet, where that is known', () => {
    const clock = { node: Date.parse('2030-01-01'), uncertaintyMs: 0 };
    const causes = {
      DiskFull: { disks: [{ mount: '/var', what: 'space', usedPercent: 100 }] },
      Clock: { clock, apiServers: [{ server: 'https://a', answers: true, detail: '', differenceMs: 7_200_000 }] },
      CertificateExpired: { clock, certificates: [{ path: '/p', subject: 'CN=a', validTo: clock.node - 1 }] },
      Swap: { swaps: { devices: ['/dev/sda2'], kubeletRefuses: true } },
      Runtime: { runtime: { answers: false, detail: 'refused', images: [] } },
    } as const;
    for (const [rule, facts] of Object.entries(causes)) assert.equal(findings({ ...joined, ...facts })[0]?.rule, rule);
  });

  it('is the missing image of an edge-hub rather than the hub, and API servers that do not answer', () => {
    const running = { ...joined, kubelet: { ...kubelet, active: true } };
    const hub = { manifest: '/m', image: 'hub:1', healthy: false, detail: 'refused' };
    const runtime = { answers: true, detail: '', images: ['pause:3'] };
    const rules = (facts: object) => findings({ ...running, ...facts }).map(({ rule }) => rule);
    assert.deepEqual(rules({ hub, runtime }), ['EdgeHubImage', 'EdgeHub']);
    assert.deepEqual(rules({ hub, runtime: { ...runtime, images: ['hub:1'] } }), ['EdgeHub']);
    assert.deepEqual(rules({ apiServers: [{ server: 'https://a', answers: false, detail: 'timeout' }] }), [
      'APIServer',
    ]);
    assert.deepEqual(rules({ cniFiles: [] }), ['CNI']);
    assert.deepEqual(rules({}), []);
  });
});

const LOG = `I0410 10:54:25.000000   123 edgeadm.ts:1] [edgeadm] edgeadm 0.1.0: join on localhost
I0410 10:54:25.100000   123 pipeline.ts:1] [preflight] Check the node
I0410 10:54:27.100000   123 pipeline.ts:1] [preflight] done in 2.0s
I0410 10:54:27.200000   123 pipeline.ts:1] [join-node] Join
E0410 10:54:30.200000   123 pipeline.ts:1] [join-node] the <kubelet> does not stay up (KUBELET_FAILED)
E0410 10:54:30.200000   123 pipeline.ts:1] [join-node] next: journalctl -u kubelet
`;

describe('the timeline of the last join', () => {
  it('has the phases with their times and the one that failed', () => {
    const found = lastJoin(`${LOG.replaceAll('123', '99')}${LOG}`);
    assert.deepEqual(found?.phases, [
      { name: 'preflight', startMs: 100, endMs: 2100, failed: false },
      { name: 'join-node', startMs: 2200, endMs: 5200, failed: true },
    ]);
    assert.equal(found.failedPhase, 'join-node');
  });

  it('is a picture in a page without scripts, the failed phase red, everything escaped', () => {
    const found = lastJoin(LOG);
    const page = diagnosisHtml({
      host: 'n1',
      time: '2026-01-01T00:00:00Z',
      findings: findings({ join: found }),
      checks: [{ check: 'Swap', concerns: 'node', status: 'ok', durationMs: 1 }],
      collectors: [],
      join: found,
    });
    assert.match(page, /<rect class="bad"/);
    assert.match(page, /Likely cause:.*the last join failed in join-node: the &lt;kubelet&gt;/);
    assert.doesNotMatch(page, /<script|<kubelet>|https?:/);
  });
});

describe('a text of a node', () => {
  it('keeps its words where there is no secret', () => {
    const text = 'E1120 kubelet.go:1] node "edge-1" not found\n';
    assert.equal(cleanFile(text), text);
  });
});
