import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { edgeadm, resultOf } from '../sandbox/program.ts';
import { difference, type Node, photograph, photographAtRest, programInNode } from '../testbed/index.ts';
import { interrupt } from './interrupt.ts';
import { freshNode, inWorlds, joinArgs, joinNode, WITH_HUB } from './support.ts';

interface Result {
  readonly hosts: readonly { readonly data: Data }[];
}

interface Data {
  readonly archive: string;
  readonly findings: readonly Finding[];
  readonly collectors: readonly { readonly name: string; readonly outcome: string }[];
}

interface Finding {
  readonly rule: string;
  readonly severity: string;
  readonly evidence: string;
}

/** What nothing else on a node looks like: a part of every secret that the test puts there. */
const PLANTED = 'hunterzwei';
const BOOTSTRAP = 'abcdef.hunterzwei012345';
/** Where people and other tools leave secrets. */
const SECRETS: Readonly<Record<string, string>> = {
  '/etc/default/kubelet': `# token ${BOOTSTRAP}\nREGISTRY_LOGIN='me ${PLANTED}'\n`,
  '/etc/systemd/system/kubelet.service.d/20-own.conf': `[Service]
Environment="HTTPS_PROXY=http://me:${PLANTED}@proxy:3128" DSN=me:${PLANTED}@tcp(db)
ExecStartPre=-/bin/echo E1121 Authorization: Bearer ${PLANTED}9
`,
  '/etc/systemd/system/containerd.service.d/proxy.conf': `[Service]\nEnvironment=HTTP_PROXY=http://me:${PLANTED}@p\n`,
  '/etc/kubernetes/manifests/own.yaml': `apiVersion: v1
kind: Pod
metadata: {name: own, namespace: default}
spec:
  hostNetwork: true
  containers:
    - name: own
      image: localhost/none:1
      args: [--db-password, ${PLANTED}]
      env:
        - {name: HARMLESS, value: ${PLANTED}}
`,
  '/etc/docker/daemon.json': `{"log-opts": {"splunk-token": "${PLANTED}"}}`,
  '/var/log/edgeadm.log': `command line: ./edgeadm join --openapi-token ${PLANTED} --node-spec '{"token":"${PLANTED}"}'\n`,
};

inWorlds('guide', 'today')('a diagnosis', function () {
  this.timeout(600_000);
  let node: Node;
  let folder: string;

  /** Diagnoses the node from this machine. */
  async function overSsh(archive: string): Promise<Data> {
    const ssh = ['--host', `root@${node.address}`, '--ssh-key', node.sshKey, '--known-hosts', node.knownHosts];
    const ended = await edgeadm(['diagnose', ...ssh, '-o', 'json', '--output', join(folder, archive)]);
    assert.equal(ended.exitCode, 0, `${ended.stderr}\n${ended.stdout}`);
    const [host] = (resultOf(ended) as unknown as Result).hosts;
    assert.ok(host, ended.stdout);
    return host.data;
  }

  async function errorsFound(archive: string): Promise<string[]> {
    const { findings } = await overSsh(archive);
    return findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule);
  }

  /** Lets what a program of the node is hang until the end of `action`. */
  async function whileHanging(program: string, action: () => Promise<void>): Promise<void> {
    await node.write(`/usr/local/sbin/${program}`, '#!/bin/sh\nexec sleep 1111\n', 0o755);
    try {
      await action();
    } finally {
      await node.exec('rm', `/usr/local/sbin/${program}`);
    }
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-e2e-'));
    node = await freshNode('diagnose');
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await node.down();
  });

  it('says of a join that was killed that it was not finished, whatever else is not right yet', async () => {
    await interrupt(node, await joinArgs(...WITH_HUB), { phase: 'install-edgehub' }, 'KILL');
    assert.equal((await errorsFound('killed.tgz'))[0], 'Unfinished');
    await joinNode(node);
  });

  it('finds no error on a node that works, and leaves the node as it was', async () => {
    const before = await photographAtRest(node);
    const { findings } = await overSsh('good.tgz');
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error'),
      [],
    );
    const changed = difference(before, await photograph(node), ['/var/log/edgeadm.log']);
    // The kubelet and its hub go on with their work meanwhile: what the hub caches, and its log.
    assert.deepEqual(
      changed.filter((line) => !/ \/(etc\/kubernetes\/cache|var\/log\/pods)\//.test(line)),
      [],
    );
  });

  it('a diagnosis by an ordinary user, in a folder of others, blames nothing for what that user may not see', async () => {
    const program = [...programInNode, 'diagnose', '-o', 'json'];
    const ended = await node.exec('runuser', '-u', 'admin', '--', 'env', '-C', '/etc', ...program);
    assert.equal(ended.exitCode, 0, `${ended.stderr}\n${ended.stdout}`);
    const [host] = (resultOf(ended) as unknown as Result).hosts;
    assert.deepEqual(host?.data.findings, []);
    assert.ok(host.data.collectors.some(({ name, outcome }) => name === 'cri/lists' && outcome === 'not allowed'));
    assert.match(host.data.archive, /^\/tmp\/edgeadm-diagnose-diagnose-/);
  });

  it('names the runtime first if it hangs', async () => {
    await node.killInside('^/usr/bin/containerd$', 'SIGSTOP');
    assert.equal((await errorsFound('runtime.tgz'))[0], 'Runtime');
    await node.killInside('^/usr/bin/containerd$', 'SIGCONT');
  });

  it('diagnose ends even if systemctl hangs, says so, and leaves nothing running on the node', async () => {
    await whileHanging('systemctl', async () => {
      assert.equal((await errorsFound('hanging.tgz'))[0], 'Hanging');
      const left = await node.exec('pgrep', '-f', '^sleep 1111');
      assert.equal(left.stdout, '');
    });
  });

  it('names the kubelet first if it is broken, and no secret is in the archive', async () => {
    const log = await node.read('/var/log/edgeadm.log');
    for (const [path, text] of Object.entries(SECRETS)) await node.write(path, text);
    await node.write('/var/log/edgeadm.log', `${SECRETS['/var/log/edgeadm.log']}${log}`);
    await node.write('/var/lib/kubelet/config.yaml', 'kind: NoSuchKind\n');
    await node.exec('sh', '-c', 'systemctl daemon-reload; systemctl restart kubelet.service');
    assert.equal((await errorsFound('bad.tgz'))[0], 'Kubelet');
    const archive = join(folder, 'bad.tgz');
    assert.equal((await stat(archive)).mode & 0o777, 0o600);
    await execa('tar', ['-xzf', archive, '-C', folder]);
    const pattern = `${PLANTED}|BEGIN [A-Z ]*PRIVATE KEY-----[^*]`;
    const { stdout } = await execa('grep', ['-rnE', pattern, folder, '--exclude=*.tgz'], { reject: false });
    assert.equal(stdout, '');
    const read = (path: string): Promise<string> => readFile(join(folder, path), 'utf8');
    // systemd starts it again and again, so it may just run for a moment.
    assert.match(await read('diagnosis.html'), /Likely cause: The kubelet (is not running|is not healthy)\./);
    // What was looked for is there.
    assert.match(await read('kubelet/unit.txt'), /DSN=\*\*\*/);
    assert.match(await read('journals/kubelet.txt'), /Authorization: \*\*\*/);
    assert.match(await read('edgeadm/log.txt'), /--openapi-token \*\*\*/);
  });
});
