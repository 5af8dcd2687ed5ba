import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBody, readTar } from '../../../../src/artifacts/tar.ts';
import { packTgz } from '../../../../src/artifacts/write-tgz.ts';
import { excerptsOf } from '../../../../src/cli/diagnose/excerpts.ts';
import { diagnosisHtml } from '../../../../src/cli/diagnose/html.ts';
import { diagnosisText } from '../../../../src/cli/diagnose/text.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { Journal } from '../../../../src/host/journal/journal.ts';
import type { Machine } from '../../../../src/host/machine.ts';
import { writePrivate } from '../../../../src/host/write-private.ts';
import { collect } from '../../../../src/phases/diagnose/collect.ts';
import { membership } from '../../../../src/phases/diagnose/collectors/edgeadm.ts';
import { newestLogs, textsOf } from '../../../../src/phases/diagnose/collectors/pod-logs.ts';
import { COLLECTORS } from '../../../../src/phases/diagnose/collectors.ts';
import type { Diagnosis } from '../../../../src/phases/diagnose/diagnose.ts';
import { findings } from '../../../../src/phases/diagnose/rules.ts';
import { lastJoin } from '../../../../src/phases/diagnose/timeline.ts';
import { type FakeHost, fakeHost } from '../../fake-host.ts';

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
      const packed = await packTgz(
        collections.flatMap(({ files }) => files),
        10_000_000,
      );
      await writePrivate(path, packed);
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

  it('the archive of a diagnosis has paths of any length, and never takes the place of what is no file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-'));
    const path = `cri/logs/${'n'.repeat(63)}_${'中'.repeat(80)}/${'c'.repeat(63)}/0.log`;
    await writePrivate(join(folder, 'a.tgz'), await packTgz([{ path, text: 'x' }], 1000));
    for await (const entry of readTar(join(folder, 'a.tgz'))) assert.equal(entry.path, path);
    await assert.rejects(writePrivate(folder, ''), { code: 'WRITE_FAILED' });
    await rm(folder, { recursive: true });
  });

  it('says of a file that the limit of size has left it out', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-'));
    const path = join(folder, 'a.tgz');
    await writePrivate(path, await packTgz([{ path: 'long.txt', text: 'x'.repeat(2000) }], 1000));
    for await (const entry of readTar(path)) assert.match((await readBody(entry)).toString(), /left out/);
    await rm(folder, { recursive: true });
  });
});

describe('collectors', () => {
  it('collectors that hang or fail leave a file that says so, and the others go on', async () => {
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

  it('collectors that no time is left for are not begun, and the others are kept', async () => {
    const quick = { name: 'quick', run: async () => ({ files: [] }) };
    const [found] = await collect(fakeHost(), [quick], { signal, until: performance.now() - 1 });
    assert.equal(found?.outcome, 'not begun');
  });

  it('change nothing on the node', async () => {
    const host = fakeHost({ files: FILES });
    await collect(host, COLLECTORS, { signal });
    assert.deepEqual(host.changes, []);
  });
});

describe('the likely cause', () => {
  const kubelet = { active: false, detail: 'failed (Result: exit-code)' };
  const joined = { kubeletConfigured: true, kubelet, complaints: 'unknown flag' };
  const healthy = { ...joined, kubelet: { active: true, detail: 'active (running)' } };
  const rulesOf = (facts: object) => findings({ ...healthy, ...facts }).map(({ rule }) => rule);
  const runtime = { answers: true, detail: '', unit: 'containerd.service', images: ['pause:3'] };

  it('the likely cause is the kubelet that does not run, with its last words', () => {
    const [first] = findings(joined);
    assert.equal(first?.rule, 'Kubelet');
    assert.match(first?.evidence ?? '', /unknown flag/);
  });

  it('the likely cause is the kubelet even if only its port could be asked', () => {
    const [first] = findings({ kubeletConfigured: true, kubeletHealth: { healthy: false, detail: 'refused' } });
    assert.equal(first?.rule, 'Kubelet');
  });

  it('the likely cause is what stops the kubelet, if that is known', () => {
    const clock = { node: Date.parse('2030-01-01'), uncertaintyMs: 0 };
    const server = { server: 'https://a', answers: true, detail: '', date: clock.node, differenceMs: 7_200_000 };
    const causes = {
      DiskFull: { disks: [{ mount: '/var', what: 'space', usedPercent: 100 }] },
      Hanging: { hanging: ['kubelet/state', 'services/state'] },
      Clock: { clock, apiServers: [server] },
      DamagedFile: { damagedFiles: ['/etc/kubernetes/kubelet.conf: it is empty'] },
      DamagedState: { damagedStates: [{ path: '/var/lib/kubelet/cpu_manager_state', why: 'it is empty' }] },
      CertificateExpired: { clock, certificates: [{ path: '/p', subject: 'CN=a', validTo: clock.node - 1 }] },
      Unfinished: { journal: { unfinished: { command: 'join', time: '2030-01-01T00:00:00Z' } } },
      Swap: { swaps: { devices: ['/dev/sda2'], kubeletRefuses: true } },
      Runtime: { runtime: { answers: false, detail: 'refused', unit: 'containerd.service' } },
    } as const;
    for (const [rule, facts] of Object.entries(causes)) assert.equal(findings({ ...joined, ...facts })[0]?.rule, rule);
  });

  it('tells the times of both clocks, and of a runtime what systemd says of it', () => {
    const date = Date.parse('2030-01-01');
    const server = { server: 'https://a', answers: true, detail: '', date, differenceMs: 7_200_000 };
    const [clock] = findings({ apiServers: [server] });
    assert.match(clock?.evidence ?? '', /node: 2030-01-01 02:00:00 UTC\nhttps:\/\/a: 2030-01-01 00:00:00 UTC/);
    const units = { 'containerd.service': 'inactive (dead)' };
    const [first] = findings({ ...healthy, runtime: { ...runtime, answers: false }, units });
    assert.match(first?.evidence ?? '', /containerd\.service: inactive \(dead\)/);
  });

  it('the likely cause is the missing image of an edge-hub rather than the hub, and API servers that do not answer', () => {
    const hub = { manifest: '/m', image: 'hub:1', healthy: false, detail: 'refused' };
    assert.deepEqual(rulesOf({ hub, runtime }), ['EdgeHubImage', 'EdgeHub']);
    assert.deepEqual(rulesOf({ hub, runtime: { ...runtime, images: ['hub:1'] } }), ['EdgeHub']);
    assert.deepEqual(rulesOf({ hub, runtime: { ...runtime, images: undefined } }), ['EdgeHub']);
    assert.deepEqual(rulesOf({ apiServers: [{ server: 'https://a', answers: false, detail: 'timeout' }] }), [
      'APIServer',
    ]);
    assert.deepEqual(rulesOf({}), []);
  });

  it('the likely cause is the damaged manifest of an edge-hub, a warning as long as the hub still runs', () => {
    const hub = { manifest: '/m', healthy: false, detail: 'refused' };
    assert.deepEqual(rulesOf({ hub }), ['EdgeHubManifest', 'EdgeHub']);
    const [warning] = findings({ ...healthy, hub: { ...hub, healthy: true } });
    assert.equal(warning?.severity, 'warning');
  });

  it('the likely cause has the last lines of an edge-hub that is not healthy', () => {
    const hub = { manifest: '/m', image: 'hub:1', healthy: false, detail: 'refused' };
    const [first] = findings({ ...healthy, hub, hubLog: 'unknown flag: --x', hubComplaint: 'back-off restarting' });
    assert.match(first?.evidence ?? '', /refused\nback-off restarting\nunknown flag: --x/);
  });

  it('the likely cause is a Node object that somebody has deleted, or a certificate that is refused', () => {
    const [gone] = findings({ ...healthy, refusals: ['error getting node "n": nodes "n" not found'] });
    assert.match(gone?.what ?? '', /no Node object/);
    const [refused] = findings({ ...healthy, refusals: ['Unable to register node: Unauthorized'] });
    assert.match(refused?.what ?? '', /rejects the credentials of the node/);
  });

  it('the likely cause is a CNI configuration that is missing or that the runtime does not use', () => {
    const network = { ready: false, detail: 'cni plugin not initialized' };
    const [missing] = findings({ ...healthy, cniFiles: [], journal: { joined: 'edge-1' } });
    assert.equal(missing?.severity, 'warning');
    assert.match(missing?.next ?? '', /spec\.nodeName=edge-1/);
    const [unused] = findings({ ...healthy, cniFiles: ['10-net.conflist'], runtime: { ...runtime, network } });
    assert.equal(unused?.severity, 'error');
    assert.match(unused?.evidence ?? '', /not initialized/);
    assert.deepEqual(rulesOf({ cniFiles: ['10-net.conflist'], runtime }), []);
  });

  it('a damaged journal is reported with what really helps, not with a line to edit by hand', () => {
    const [found] = findings({ ...healthy, journal: { unreadable: 'line 3 of journal.jsonl: it is not JSON' } });
    assert.match(
      found?.next ?? '',
      /^restore \S+journal\.jsonl from a backup; without one, edgeadm reset: it rolls back/,
    );
  });

  it('the likely cause is a join that failed, but only a warning if the node was joined before and works', () => {
    const join = lastJoin(LOG);
    assert.equal(findings({ kubeletConfigured: false, join })[0]?.severity, 'error');
    assert.equal(findings({ ...healthy, join, journal: { joined: 'edge-1' } })[0]?.severity, 'warning');
  });
});

describe('collectors of a node', () => {
  const find = async (name: string, host: FakeHost) => {
    const found = await collect(
      host,
      COLLECTORS.filter((collector) => collector.name === name),
      { signal },
    );
    assert.ok(found[0]);
    return found[0];
  };
  const refusing = (code: string) => async () => {
    const cause = Object.assign(new Error(`connect ${code} /run/x.sock`), { code });
    throw new EdgeadmError({ code: 'API_UNREACHABLE', what: 'cannot connect', why: cause.message, cause });
  };

  it('collectors of an ordinary user, who may read no file of the node, leave no error behind that would end the command', async () => {
    const escaped: unknown[] = [];
    const note = (error: unknown): void => void escaped.push(error);
    process.on('unhandledRejection', note);
    try {
      const denied = refusing('EACCES');
      const host = { ...fakeHost(), read: denied, list: denied, stat: denied };
      await collect(host as ReturnType<typeof fakeHost>, COLLECTORS, { signal });
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(escaped, []);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it('do not call a runtime dead that an ordinary user may not ask', async () => {
    const found = await find('cri/lists', fakeHost({ connect: refusing('EACCES') }));
    assert.equal(found.outcome, 'not allowed');
    assert.equal(found.facts, undefined);
    const dead = await find('cri/lists', fakeHost({ connect: refusing('ECONNREFUSED') }));
    assert.equal(dead.facts?.runtime?.answers, false);
  });

  it('collectors of a node whose `date` prints junk say so of the clock, and keep what the others found', async () => {
    const host = { ...fakeHost(), clock: async () => ({ now: Number.NaN, uncertaintyMs: 1 }) };
    const clock = await find('system/clock', host);
    assert.equal(clock.outcome, 'failed');
    assert.match(clock.reason ?? '', /the node's date cannot be read/);
    assert.equal(clock.facts, undefined);
    assert.notEqual((await find('kubelet/complaints', host)).outcome, 'failed');
  });

  it('do not miss a runtime on a scratch root', async () => {
    assert.equal((await find('cri/lists', fakeHost({ runsPrograms: false }))).facts, undefined);
  });

  it('ask all API servers that the edge-hub is told of', async () => {
    const kubeconfig = 'clusters: [{cluster: {server: "https://10.0.0.1:6443"}}]';
    const files = {
      '/var/lib/edge-hub/edge-hub.conf': kubeconfig,
      '/etc/kubernetes/manifests/edge-hub.yaml': '    - --server-addr=https://10.0.0.1:6443,https://10.0.0.2:6443\n',
    };
    const { facts } = await find('network/api-servers', fakeHost({ files }));
    assert.deepEqual(
      facts?.apiServers?.map(({ server }) => server),
      ['https://10.0.0.1:6443', 'https://10.0.0.2:6443'],
    );
  });

  it('collectors of a node whose kubelet exits over its own state name the file and the command that removes it: kubernetes/kubernetes#135711', async () => {
    const path = '/var/lib/kubelet/pod_status_manager_state';
    const { facts } = await find('kubelet/files', fakeHost({ files: { [path]: '{}"' } }));
    const [found] = findings({ ...facts });
    assert.equal(found?.rule, 'DamagedState');
    assert.match(found.next, /^rm \/var\/lib\/kubelet\/pod_status_manager_state; systemctl restart kubelet/);
    const repaired = await find('kubelet/files', fakeHost({ files: { [path]: '{"data":"{}"}' } }));
    assert.deepEqual(findings({ ...repaired.facts }), []);
  });

  it('read what certificates can be read if one is damaged', async () => {
    const damaged = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    const files = { '/var/lib/kubelet/pki/kubelet-client-current.pem': damaged };
    const { outcome, files: written } = await find('certificates', fakeHost({ files }));
    assert.equal(outcome, 'ok');
    assert.match(written[0]?.text ?? '', /kubelet-client-current\.pem: \S/);
  });

  for (const [source, path, text, found] of [
    [
      'rancher/rancher#33618: an empty client certificate',
      'var/lib/kubelet/pki/kubelet-client-current.pem',
      '',
      /it is empty/,
    ],
    [
      'a power cut in the middle of it',
      'var/lib/kubelet/pki/kubelet-client-current.pem',
      '-----BEGIN CERT',
      /no certificate with its key/,
    ],
    ['coreos/coreos-kubernetes#549: zeros', 'etc/kubernetes/pki/ca.crt', '\0\0\0\0', /not a certificate in PEM/],
    [
      'kubernetes/kubernetes#98881: a CA that cannot be parsed',
      'etc/kubernetes/pki/ca.crt',
      'MIIB',
      /not a certificate in PEM/,
    ],
    [
      'rancher/rancher#13016: a kubeconfig that is not YAML',
      'etc/kubernetes/kubelet.conf',
      'a:\n\tb',
      /names no API server/,
    ],
    ['kubernetes/kubernetes#73779: a list', 'var/lib/kubelet/config.yaml', '- a\n', /not a YAML map/],
    [
      'kubernetes-sigs/kubespray#3890: a tab',
      'var/lib/kubelet/config.yaml',
      'a: 1\n\tb: 2\n',
      /line 2: it is not YAML/,
    ],
  ] as const)
    it(`read each file that the kubelet needs, and name the damaged one: ${source}`, async () => {
      const { outcome, facts } = await find('kubelet/files', fakeHost({ files: { [`/${path}`]: text } }));
      assert.equal(outcome, 'ok');
      const [only = '', ...others] = facts?.damagedFiles ?? [];
      assert.deepEqual(others, []);
      assert.ok(only.startsWith(`/${path}: `), only);
      assert.match(only, found);
    });

  it('name the edge-hub that the kubelet asks and that is not set up any more', async () => {
    const kubeconfig = (server: string) => `clusters: [{name: c, cluster: {server: "${server}"}}]\n`;
    const factsOf = async (server: string) =>
      (await find('edge-hub/state', fakeHost({ files: { '/etc/kubernetes/kubelet.conf': kubeconfig(server) } }))).facts;
    assert.equal((await factsOf('http://127.0.0.1:10261'))?.missingHub, 'http://127.0.0.1:10261');
    assert.equal((await factsOf('https://10.0.0.1:6443'))?.missingHub, undefined);
    const [first] = findings({ kubeletConfigured: true, missingHub: 'http://127.0.0.1:10261' });
    assert.match(first?.evidence ?? '', /kubelet\.conf names http:\/\/127\.0\.0\.1:10261/);
  });

  it('name the configuration without staticPodPath for which the kubelet never starts the edge-hub', async () => {
    const manifest = '/etc/kubernetes/manifests/edge-hub.yaml';
    const pod = 'kind: Pod\nspec: {containers: [{image: "hub:1"}]}\n';
    const factsOf = async (configuration: string) => {
      const files = { [manifest]: pod, '/var/lib/kubelet/config.yaml': configuration };
      return (await find('edge-hub/state', fakeHost({ files }))).facts;
    };
    assert.equal((await factsOf('staticPodPath: /etc/kubernetes/manifests\n'))?.hub?.unread, undefined);
    const { hub } = (await factsOf('kind: KubeletConfiguration\n')) ?? {};
    const [first] = findings({ kubeletConfigured: true, hub });
    assert.match(first?.evidence ?? '', /config\.yaml has no staticPodPath: nothing reads .*edge-hub\.yaml/);
  });

  it('take the newest log of each container, and lines that look like heads of logs for what they are', () => {
    const found = '10 /var/log/pods/a/c/9.log\n11 /var/log/pods/a/c/10.log\n12 /var/log/pods/b/c/0.log\n';
    const paths = newestLogs(found);
    assert.deepEqual(paths, ['/var/log/pods/b/c/0.log', '/var/log/pods/a/c/10.log']);
    const [first = '', second = ''] = paths;
    const text = `==> ${first} <==\none\n==> /var/log/pods/../../x <==\ntwo\n\n==> ${second} <==\nthree\n`;
    const logs = textsOf(text, paths);
    assert.deepEqual([...logs.keys()], paths);
    assert.match(logs.get(first) ?? '', /one\n==> \/var\/log\/pods\/\.\.\/\.\.\/x <==\ntwo/);
    assert.equal(logs.get(second)?.trim(), 'three');
  });

  it('read from the journal whether a join was finished, and if it cannot be read', async () => {
    const run = (command: string): string => JSON.stringify({ kind: 'run', command, version: '1', time: 'then' });
    const joined = JSON.stringify({ kind: 'joined', cluster: 'c', node: 'edge-1', time: 'later' });
    const read = async (...lines: string[]) => {
      const text = lines.map((line) => `${line}\n`).join('');
      const files: Partial<Machine> = {
        readFile: async (path) => (path.endsWith('.jsonl') ? Buffer.from(text) : undefined),
        list: async () => [],
        stat: async () => undefined,
      };
      const machine = files as Machine;
      const [found] = await collect(fakeHost(), [membership(() => Journal.read(machine))], { signal });
      return found?.facts?.journal;
    };
    assert.deepEqual(await read(run('join')), {
      conversion: undefined,
      joined: undefined,
      joinedAt: undefined,
      unfinished: { command: 'join', time: 'then' },
    });
    assert.deepEqual(await read(run('join'), joined, run('join phase x')), {
      conversion: undefined,
      joined: 'edge-1',
      joinedAt: 'later',
      unfinished: undefined,
    });
    assert.match((await read('xx', run('join')))?.unreadable ?? '', /line 1/);
  });
});

const LOG = `I0410 10:54:25.000000   123 edgeadm.ts:1] [edgeadm] edgeadm 0.1.0: join on localhost
I0410 10:54:25.100000   123 preflight] [preflight] Check the node
I0410 10:54:27.100000   123 preflight] [preflight] done in 2.0s
I0410 10:54:27.200000   123 join-node] [join-node] Join
E0410 10:54:30.200000   123 join-node] [join-node] the <kubelet> does not stay up (KUBELET_FAILED)
E0410 10:54:30.200000   123 join-node] [join-node] next: journalctl -u kubelet
`;

describe('the timeline of the last join', () => {
  it('the timeline of the last join has the phases with their times and the one that failed', () => {
    const found = lastJoin(`${LOG.replaceAll('123', '99')}${LOG}`);
    assert.deepEqual(found?.phases, [
      { name: 'preflight', startMs: 100, endMs: 2100, failed: false },
      { name: 'join-node', startMs: 2200, endMs: 5200, failed: true },
    ]);
    assert.equal(found.failedPhase, 'join-node');
  });

  it('the timeline of the last join is that of the newer of two logs, and says where a join was killed', () => {
    const killed = LOG.replaceAll('I0410', 'I0411').replace(/^E.*\n/gm, '');
    assert.equal(lastJoin(LOG, killed)?.outcome, 'unfinished');
    assert.match(new Date(lastJoin(killed, LOG)?.startedMs ?? 0).toString(), /Apr 11 .* 10:54:25/);
    const ended = `${killed}I0411 10:54:35.000000   123 edgeadm.ts:1] [edgeadm] joined in 10.0s\n`;
    assert.equal(lastJoin(ended)?.outcome, 'done');
  });

  const at = (log: string, command: string, time: string): string =>
    log.replace('join on localhost', `${command} on localhost at ${time}`);

  it('the last join is found by UTC in the logs of two machines in different time zones', () => {
    // 10:54 on a node in Shanghai is before 04:00 in London.
    const onNode = at(LOG, 'join', '2026-04-10T02:54:25.000Z');
    const good = `${LOG.replace(/^E.*\n/gm, '')}I0410 10:54:35.000000   123 edgeadm] [edgeadm] joined in 10.0s\n`;
    const fromLondon = at(good, 'join', '2026-04-10T03:00:00.000Z').replaceAll(' 10:54', ' 04:00');
    assert.equal(lastJoin(onNode, fromLondon)?.outcome, 'done');
    assert.equal(lastJoin(fromLondon, onNode)?.outcome, 'done');
  });

  it('a failed join before a successful reset is history, and one after it is not', () => {
    const reset = `I0410 11:00:00.000000   124 edgeadm] [edgeadm] edgeadm 0.1.0: reset on localhost at 2026-04-10T11:00:00Z
I0410 11:00:02.500000   124 edgeadm] [edgeadm] reset in 2.5s
`;
    const join = at(LOG, 'join', '2026-04-10T10:54:25.000Z');
    const before = lastJoin(join + reset);
    assert.equal(before?.superseded?.endedMs, Date.parse('2026-04-10T11:00:02.500Z'));
    const [found] = findings({ kubeletConfigured: false, join: before });
    assert.equal(found?.rule, 'NotJoined');
    assert.match(found.evidence, /last command: reset, 2026-04-10 11:00:02 UTC/);
    const failed = reset.replace('I0410 11:00:02', 'E0410 11:00:02');
    const after = at(LOG, 'join', '2026-04-10T12:00:00.000Z');
    for (const log of [join + failed, reset + after])
      assert.equal(findings({ kubeletConfigured: false, join: lastJoin(log) })[0]?.rule, 'JoinFailed');
  });

  it('a failed join is history once the journal of the node has a later good one, from whichever machine', () => {
    const join = lastJoin(at(LOG, 'join', '2026-04-10T10:54:25.000Z'));
    const rules = (joinedAt: string) =>
      findings({ kubeletConfigured: true, join, journal: { joined: 'edge-1', joinedAt } }).map(({ rule }) => rule);
    assert.deepEqual(rules('2026-04-10T11:00:00.000Z'), []);
    assert.deepEqual(rules('2026-04-09T11:00:00.000Z'), ['JoinFailed']);
  });

  it('a failed join is advised what the join itself advised, word for word, else the same command', () => {
    const nextOf = (log: string) => findings({ kubeletConfigured: true, join: lastJoin(log) })[0]?.next;
    assert.equal(nextOf(LOG), 'journalctl -u kubelet');
    assert.match(nextOf(LOG.replace(/^.* next: .*\n/m, '')) ?? '', /run the same `edgeadm join` again$/);
  });

  it('a failed join on a node that is joined stands below what is wrong with the node now', () => {
    const join = lastJoin(LOG);
    const found = findings({ kubeletConfigured: true, join, journal: { joined: 'edge-1' }, cniFiles: [] });
    assert.deepEqual(
      found.map(({ rule, severity }) => `${severity} ${rule}`),
      ['warning CNI', 'warning JoinFailed'],
    );
    assert.match(found[1]?.evidence ?? '', /the node is still joined: an earlier join succeeded/);
  });

  it('the timeline of the last join is a picture in a page without scripts, the failed phase red, everything escaped', () => {
    const found = lastJoin(LOG);
    const page = diagnosisHtml({ ...DIAGNOSIS, findings: findings({ join: found }), join: found });
    assert.match(page, /<rect class="bad"/);
    assert.match(page, /Likely cause: The last join failed in join-node: the &lt;kubelet&gt;/);
    assert.doesNotMatch(page, /<script|<kubelet>|https?:/);
  });
});

const DIAGNOSIS: Diagnosis = {
  host: 'localhost',
  node: 'n1',
  time: '2026-01-01T00:00:00Z',
  version: '0.1.0',
  findings: [],
  checks: [{ check: 'Swap', concerns: 'node', status: 'ok', durationMs: 1 }],
  collectors: [],
};

describe('the page of a diagnosis', () => {
  const finding = (evidence: string) => ({
    rule: 'Kubelet',
    severity: 'error' as const,
    what: 'the kubelet does not run',
    evidence,
    next: 'n',
  });
  const marked = (evidence: string) =>
    /<mark>(.*)<\/mark>/.exec(diagnosisHtml({ ...DIAGNOSIS, findings: [finding(evidence)] }))?.[1];

  /** Lines of public reports, with the one that tells why. */
  const EVIDENCE: Readonly<Record<string, string>> = {
    'kubelet.service: activating (auto-restart)\nE1128 18:05:02 "command failed" err="unknown flag: --bogus"':
      'unknown flag',
    'kubelet.service: failed (Result: exit-code)\nF0410 failed to run Kubelet: running with swap on is not supported':
      'swap on',
    'http://127.0.0.1:10248/healthz: connect ECONNREFUSED\nE1 x509: certificate has expired or is not yet valid':
      'x509',
    'DiskPressure since 2026-11-29 11:50:00 UTC: kubelet has disk pressure\n1 pod is evicted:\n12:00 a/b: low':
      'DiskPressure since',
  };
  for (const [evidence, telling] of Object.entries(EVIDENCE))
    it(`the page of a diagnosis marks the line that matters: ${telling}`, () => {
      assert.ok(marked(evidence)?.includes(telling));
    });

  it('the page of a diagnosis has its evidence on a ground of its own, escaped, and only one line is marked', () => {
    const page = diagnosisHtml({ ...DIAGNOSIS, findings: [finding('<b>failed</b>\nfailed\nfailed')] });
    assert.match(page, /<pre class="evidence"><mark>&lt;b&gt;failed&lt;\/b&gt;<\/mark>failed\nfailed<\/pre>/);
    assert.equal(page.match(/<mark>/g)?.length, 1);
  });

  it('the page of a diagnosis folds the checks that passed, and shows those that did not', () => {
    const failed = { check: 'Disk', concerns: 'node', status: 'error', durationMs: 1, found: 'full' } as const;
    const page = diagnosisHtml({ ...DIAGNOSIS, checks: [...DIAGNOSIS.checks, failed] });
    const folded = /<details><summary>1 check passed<\/summary>([\s\S]*?)<\/details>/.exec(page)?.[1] ?? '';
    assert.match(folded, /Swap/);
    assert.doesNotMatch(folded, /Disk/);
    assert.match(page, /<li class="error"><b>1<\/b> check not passed/);
  });

  it('the page of a diagnosis has the ends of the logs, so that it can be read without the archive', () => {
    const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
    const excerpts = excerptsOf([
      { path: 'journals/kubelet.txt', text: `$ journalctl --unit kubelet.service\n${lines.join('\n')}\n` },
      { path: 'journals/docker.txt', text: '$ journalctl --unit docker.service\n-- No entries --\n' },
      { path: 'cri/logs/kube-system_edge-hub-n1_1/edge-hub/0.log', text: 'hub <up>\n' },
    ]);
    const page = diagnosisHtml(DIAGNOSIS, excerpts);
    assert.match(page, /<summary>kubelet <small>last 30 lines of journals\/kubelet\.txt<\/small><\/summary>/);
    assert.match(page, /line 39/);
    assert.doesNotMatch(page, /line 9\n|docker|\$ journalctl/);
    assert.match(page, /hub &lt;up&gt;/);
  });

  it('the page of a diagnosis shows the last words of a program of Go, not the stacks behind them', () => {
    const head = '2026-11-29T02:37:54+0000 n1 kubelet[1069]: ';
    const stack = [
      'goroutine 1 [running]:',
      'main.run(0xc00007, 0x1)',
      '\t/src/x.go:854 +0x6c3',
      'created by k8s.io/klog/v2.init.0',
    ];
    const text = [`F1129 failed to load Kubelet config file`, ...stack].map((line) => `${head}${line}\n`).join('');
    assert.equal(
      excerptsOf([{ path: 'journals/kubelet.txt', text }])[0]?.text,
      `${head}F1129 failed to load Kubelet config file`,
    );
  });

  it('the page of a diagnosis loads nothing, runs nothing, and stacks its tables below 768 pixels', () => {
    const page = diagnosisHtml(DIAGNOSIS);
    assert.match(page, /default-src 'none'/);
    assert.doesNotMatch(page, /<script|<link|<img|url\(|@import|src=|href=/);
    assert.match(
      page,
      /@media \(max-width: 48rem\) \{[\s\S]*table, \.problems \{ min-width: 0; \}[\s\S]*tr \{ display: flex/,
    );
  });
});

describe('what a diagnosis tells', () => {
  const forbidden: Diagnosis = {
    ...DIAGNOSIS,
    collectors: [{ name: 'cri/lists', outcome: 'not allowed', durationMs: 1, reason: 'EACCES' }],
  };

  it('what a diagnosis tells is that nothing is wrong only if everything could be looked at', () => {
    assert.match(diagnosisHtml(DIAGNOSIS), /class="verdict normal"/);
    assert.match(diagnosisHtml(forbidden), /class="verdict warning".*some data could not be collected/);
    assert.match(diagnosisText(DIAGNOSIS), /no problem was found\n$/);
    assert.match(diagnosisText(forbidden), /in what may be seen\nnot allowed: cri\/lists\n {2}next: .*root/);
  });

  it('the next step of a finding stays below its first line if it has several', () => {
    const finding = { rule: 'JoinFailed', severity: 'error', what: 'w', evidence: '', next: 'one\ntwo' } as const;
    assert.match(diagnosisText({ ...DIAGNOSIS, findings: [finding, finding] }), /\n {2}next: one\n {8}two\nerror: w/);
    assert.match(diagnosisText({ ...DIAGNOSIS, findings: [finding, finding] }), /\n {2}next: one\n {8}two\n$/);
  });

  it('what a diagnosis tells is the name of the node, not how it was reached', () => {
    assert.match(diagnosisHtml(DIAGNOSIS), /<h1>Diagnosis of n1<\/h1>/);
  });
});
