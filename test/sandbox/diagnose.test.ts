import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { readBody, readTar } from '../../src/artifacts/tar.ts';
import { waitFor } from '../../src/lib/wait-for.ts';
import { edgeadm, resultOf, startEdgeadm } from './program.ts';
import { type SandboxBed, sandboxBed } from './sandbox-bed.ts';

interface Finding {
  readonly rule: string;
  readonly what: string;
  readonly evidence: string;
}

describe('edgeadm diagnose', () => {
  let folder: string;
  let root: string;
  /** It takes connections and never answers. */
  let silent: Server;
  let address: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-'));
    root = join(folder, 'root');
    await mkdir(join(root, 'etc/kubernetes'), { recursive: true });
    silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  });

  after(async () => {
    silent.close();
    await rm(folder, { recursive: true });
  });

  it('writes an archive that its owner alone may read, and tells a program what it found', async () => {
    const archive = join(folder, 'a.tgz');
    const ended = await edgeadm(['diagnose', '--root', root, '-o', archive, '-o', 'json']);
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(JSON.stringify(resultOf(ended)), /"rule":"NotJoined"/);
    assert.equal((await stat(archive)).mode & 0o777, 0o600);
  });

  it('tells what it found even if it cannot write it', async () => {
    const ended = await edgeadm(['diagnose', '--root', root, '-o', '/no/such/folder/a.tgz']);
    assert.equal(ended.exitCode, 1);
    assert.match(ended.stdout, /: warning: the node is not joined/);
    assert.match(ended.stderr, /WRITE_FAILED/);
  });

  it('takes nothing for the name of an archive that does not look like one', async () => {
    for (const name of ['xml', 'JSON', '/dev/null', '']) {
      const ended = await edgeadm(['diagnose', '--root', root, '--output', name]);
      assert.equal(ended.exitCode, 2, name);
      assert.match(ended.stderr, /\.tgz/);
    }
  });

  it('an encrypted archive is all that is written, and the key of its recipient opens it', async () => {
    const identity = await generateIdentity();
    const recipient = await identityToRecipient(identity);
    const own = join(folder, 'encrypted');
    await mkdir(own);
    const ended = await edgeadm(['diagnose', '--root', root, '-o', join(own, 'a.tgz'), '--encrypt', recipient]);
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(ended.stdout, /written: \S+\/a\.tgz\.age\n {2}to read it: age --decrypt /);
    assert.deepEqual(await readdir(own), ['a.tgz.age']);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const archive = join(folder, 'decrypted.tgz');
    await writeFile(archive, await decrypter.decrypt(await readFile(join(own, 'a.tgz.age'))));
    const names: string[] = [];
    for await (const { path } of readTar(archive)) names.push(path);
    assert.ok(names.includes('diagnosis.html'));
  });

  it('a recipient with a mistake is refused before anything is collected or written', async () => {
    const archive = join(folder, 'refused.tgz');
    const ended = await edgeadm(['diagnose', '--root', root, '-o', archive, '--encrypt', 'age1nonsense']);
    assert.equal(ended.exitCode, 2);
    assert.match(ended.stderr, /"age1nonsense" is not a valid age recipient/);
    await assert.rejects(stat(`${archive}.age`));
  });

  it('ends with 130 when it is interrupted, and writes nothing', async () => {
    const kubeconfig = `clusters: [{cluster: {server: "https://${address}"}}]\n`;
    await writeFile(join(root, 'etc/kubernetes/kubelet.conf'), kubeconfig);
    const archive = join(folder, 'b.tgz');
    const child = startEdgeadm(['diagnose', '--root', root, '-o', archive]);
    await once(silent, 'connection');
    child.kill('SIGINT');
    const { exitCode, stderr } = await child;
    assert.equal(exitCode, 130, stderr);
    assert.match(stderr, /INTERRUPTED/);
    await assert.rejects(stat(archive));
  });
});

describe('edgeadm diagnose of nodes of the sandbox', () => {
  let bed: SandboxBed;

  before(async () => {
    bed = await sandboxBed();
    assert.equal((await bed.up()).exitCode, 0);
  });
  after(() => bed.remove());

  it('a node of the sandbox that failed to join is diagnosed with the cause, the phases of the join and its log', async () => {
    const made = await bed.sandbox('node', 'create', 'edge2', '-o', 'json');
    const { root, joinLine } = resultOf(made).data as { root: string; joinLine: string };
    await mkdir(join(root, 'etc/default'), { recursive: true });
    await writeFile(join(root, 'etc/default/kubelet'), 'KUBELET_EXTRA_ARGS=--node-labls=site=north\n');
    const joined = await bed.run(...joinLine.split(' ').slice(1), '--no-rollback-on-failure');
    assert.match(joined.stderr, /KUBELET_FAILED/);
    const page = join(bed.dir, 'edge2.html');
    const ended = await bed.run('diagnose', '--root', root, '-o', 'json', '-o', join(bed.dir, '2.tgz'), '--html', page);
    const [host] = resultOf(ended).hosts as { data: { findings: Finding[] } }[];
    const found = new Map(host?.data.findings.map((finding) => [finding.rule, finding]));
    assert.equal(host?.data.findings[0]?.rule, 'Kubelet');
    assert.match(found.get('JoinFailed')?.evidence ?? '', /unknown flag: --node-labls/);
    assert.match(found.get('Refused')?.what ?? '', /the kubelet has not registered it/);
    const html = await readFile(page, 'utf8');
    assert.match(html, /<svg [^>]*aria-label="The last join: failed in /);
    assert.match(html, /<summary>edgeadm <small>last \d+ lines of edgeadm\/join-log\.txt/);
  });

  it('a node whose kubelet reports DiskPressure and evicts every pod is named, with events as an administrator', async () => {
    const made = await bed.sandbox('node', 'create', 'edge1', '-o', 'json');
    const { root, joinLine } = resultOf(made).data as { root: string; joinLine: string };
    const joined = await bed.run(...joinLine.split(' ').slice(1));
    assert.equal(joined.exitCode, 0, joined.stderr);
    const configuration = join(root, 'var/lib/kubelet/config.yaml');
    await appendFile(configuration, '\nevictionHard:\n  nodefs.available: 100%\n');
    // As docs/sandbox.md restarts a kubelet.
    const now = new Date();
    await utimes(join(root, 'run/edgeadm/units/kubelet.service'), now, now);
    const archive = join(bed.dir, 'edge1.tgz');
    const diagnose = async (...words: string[]) => {
      const ended = await bed.run('diagnose', '--root', root, '-o', 'json', '-o', archive, ...words);
      assert.equal(ended.exitCode, 0, ended.stderr);
      const [host] = resultOf(ended).hosts as { data: { findings: Finding[] } }[];
      return host?.data.findings ?? [];
    };
    const first = await waitFor<Finding>({
      what: 'the evictions to be found',
      timeoutMs: 60_000,
      intervalMs: [200, 1000],
      probe: async () => {
        const [found] = await diagnose('--kubeconfig', '');
        return found?.rule === 'Pressure' && /^3 pods are evicted:/m.test(found.evidence)
          ? { done: found }
          : { seen: found?.what ?? 'nothing' };
      },
    });
    assert.match(first.what, /^the node reports DiskPressure: it evicts pods/);
    assert.match(first.evidence, /kube-system\/kube-proxy-\w+: The node was low on resource: ephemeral-storage/);
    const names = async (): Promise<string> => {
      const texts: string[] = [];
      for await (const entry of readTar(archive)) texts.push(`${entry.path}\n${await readBody(entry)}`);
      return texts.join('\n');
    };
    assert.match(
      await names(),
      /cluster\/asked\.txt\nasked with the certificate of the node\nevents of the node: .*\b403\b/,
    );
    // An event comes after what it tells of, and a DaemonSet replaces its pods meanwhile.
    const all = await waitFor<string>({
      what: 'the event of an evicted pod of a DaemonSet',
      timeoutMs: 60_000,
      intervalMs: [200, 1000],
      probe: async () => {
        await diagnose('--kubeconfig', join(bed.dir, 'admin.conf'));
        const text = await names();
        return /Warning Evicted Pod\/kube-system\/kube-proxy-/.test(text) ? { done: text } : { seen: 'none' };
      },
    });
    assert.match(all, /cluster\/events\.txt\n(.*\n)*.* Warning EvictionThresholdMet Node\/edge1: /);
  });
});
