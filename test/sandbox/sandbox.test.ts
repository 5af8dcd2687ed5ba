import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { edgeadm, resultOf, startEdgeadm } from './program.ts';
import { type SandboxBed, sandboxBed } from './sandbox-bed.ts';

/** Words of a line that was printed for a shell; none of these has spaces in it. */
const wordsOf = (line: string) => line.split(' ').slice(1);

describe('a sandbox', function () {
  this.timeout(120_000);
  let bed: SandboxBed;
  let joinLine: string[];
  let root: string;
  before(async () => {
    bed = await sandboxBed();
    const up = await bed.up();
    assert.equal(up.exitCode, 0, up.stderr);
    assert.match(up.stdout, /not for production/);
    assert.match(up.stdout, /127\.0\.0\.1 only/);
    assert.match(up.stdout, /^Ready\./m);
    assert.match(up.stdout, /eval "\$\(edgeadm sandbox env --dir [^)]+\)"/);
  });
  after(() => bed.remove());

  const nodes = async () => {
    const rows = resultOf(await bed.sandbox('get', 'nodes', '-o', 'json')).data as Record<string, string>[];
    return Object.fromEntries(rows.map(({ name, status }) => [name, status]));
  };

  it('says where it is, for people and for scripts', async () => {
    const status = resultOf(await bed.sandbox('status', '-o', 'json')).data as Record<string, unknown>;
    assert.equal(status.apiServer, `https://127.0.0.1:${bed.port}`);
    assert.equal(status.cloud, `https://127.0.0.1:${bed.port + 1}`);
    assert.match((await bed.sandbox('status')).stdout, /Running since/);
    assert.equal((await bed.sandbox('kubeconfig')).stdout.trim(), join(bed.dir, 'admin.conf'));
    assert.equal((await stat(join(bed.dir, 'admin.conf'))).mode & 0o077, 0);
    assert.match((await bed.sandbox('kubeconfig', '--raw')).stdout, /kind: Config/);
  });

  it('prints an environment that a shell can take, folders with blanks too', async () => {
    const { stdout } = await bed.sandbox('env');
    const told = spawnSync('sh', ['-c', `${stdout}\necho "$EDGEADM_OPENAPI_ENDPOINT $KUBECONFIG"`], {
      encoding: 'utf8',
    });
    assert.equal(told.stdout.trim(), `https://127.0.0.1:${bed.port + 1}/edgeadm/v1 ${join(bed.dir, 'admin.conf')}`);
    for (const name of [
      'EDGEADM_CLUSTER_ID',
      'ALIBABA_CLOUD_REGION_ID',
      'ALIBABA_CLOUD_ACCESS_KEY_ID',
      'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
      'EDGEADM_CLOUD_CA',
    ])
      assert.match(stdout, new RegExp(`^export ${name}=`, 'm'));
  });

  it('a sandbox is one to a folder and to a port: starting it again is no error, on another port or as another version it is', async () => {
    for (const words of [['--port', String(bed.port)], [], ['--background']]) {
      const again = await bed.sandbox('up', ...words);
      assert.equal(again.exitCode, 0, again.stderr);
      assert.match(again.stdout, /^It is already running\./m);
    }
    const more = await bed.sandbox('up', '--cloud-nodes', '2');
    assert.match(more.stdout, /It must be started again for --cloud-nodes\./);
    const elsewhere = await bed.sandbox('up', '--port', '1');
    assert.equal(elsewhere.exitCode, 1);
    assert.match(elsewhere.stderr, new RegExp(`already running on port ${bed.port} .*--port 1 cannot be applied`));
    assert.match(elsewhere.stderr, /since \d{4}-\S+ \S+ UTC/);
    assert.match(elsewhere.stderr, /next: edgeadm sandbox down --dir .*, then the same command again/);
    const today = await bed.sandbox('up', '--kubernetes-version', '1.34');
    assert.equal(today.exitCode, 1);
    assert.match(today.stderr, /SANDBOX_RUNNING/);
    assert.match(today.stderr, /--kubernetes-version v1\.34\.4 cannot be applied/);
    assert.match((await bed.sandbox('status')).stdout, /v1\.20\.2/);
    const other = join(bed.dir, 'other');
    const taken = await edgeadm(['sandbox', 'up', '--dir', other, '--port', String(bed.port)]);
    assert.equal(taken.exitCode, 1);
    assert.match(taken.stderr, /SANDBOX_PORT_TAKEN/);
    const inBackground = await edgeadm(['sandbox', 'up', '--background', '--dir', other, '--port', String(bed.port)]);
    assert.equal(inBackground.exitCode, 1);
    assert.match(inBackground.stderr, /SANDBOX_PORT_TAKEN/);
  });

  it('runs in the foreground until Ctrl-C, and ends in good order', async () => {
    const words = ['sandbox', 'up', '--dir', join(bed.dir, 'other'), '--port', '0'];
    const child = startEdgeadm(words);
    await new Promise((resolve) => child.stdout.on('data', (text) => /^Ready\./m.test(String(text)) && resolve(text)));
    child.kill('SIGINT');
    assert.equal((await child).exitCode, 0);
    await assert.rejects(stat(join(bed.dir, 'other', 'sandbox.json')), { code: 'ENOENT' });
  });

  it('makes a node of the system asked for, with the line that joins it', async () => {
    const made = await bed.sandbox('node', 'create', 'edge1', '--os', 'CentOS 7.6', '-o', 'json');
    const data = resultOf(made).data as { root: string; joinLine: string };
    root = data.root;
    joinLine = wordsOf(data.joinLine);
    assert.match(await readFile(join(root, 'etc/redhat-release'), 'utf8'), /7\.6/);
    assert.match(await readFile(join(root, 'proc/sys/kernel/osrelease'), 'utf8'), /^3\.10\.0-957/);
    const unjoined = await bed.sandbox('get', 'node', 'edge1');
    assert.equal(unjoined.exitCode, 2);
    assert.match(unjoined.stderr, /has not joined[\s\S]*next: edgeadm sandbox node create edge1 --dir/);
    const again = await bed.sandbox('node', 'create', 'edge1');
    assert.equal(again.exitCode, 0, again.stderr);
    assert.match(again.stdout, /edge1 already exists: .*CentOS Linux 7\.6, kernel 3\.10\.0-957/);
    assert.match(again.stdout, /^edgeadm join .*--root /m);
    const other = await bed.sandbox('node', 'create', 'edge1', '--os', 'Ubuntu 20.04');
    assert.equal(other.exitCode, 2);
    assert.match(other.stderr, /next: edgeadm sandbox node delete edge1/);
    assert.equal((await bed.sandbox('node', 'create', 'Edge_1')).exitCode, 2);
    assert.match((await bed.sandbox('node', 'list')).stdout, /edge1 .*CentOS Linux 7\.6.*inactive/);
  });

  it('a sandbox has a node Ready with the line as it is printed', async () => {
    const made = await bed.sandbox('node', 'create', 'plain', '-o', 'json');
    const line = wordsOf((resultOf(made).data as { joinLine: string }).joinLine);
    const joined = await bed.run(...line);
    assert.equal(joined.exitCode, 0, joined.stderr);
    assert.doesNotMatch(joined.stderr, /becomes Ready once/);
    assert.match(joined.stdout, /^plain joined \S+ in \S+$/m);
    assert.equal((await nodes()).plain, 'Ready');
    assert.equal((await bed.sandbox('node', 'delete', 'plain')).exitCode, 0);
  });

  it('a join in the sandbox finds the add-ons that it waits for', async () => {
    const made = await bed.sandbox('node', 'create', 'addons', '-o', 'json');
    const line = wordsOf((resultOf(made).data as { joinLine: string }).joinLine);
    const joined = await bed.run(...line, '--allowed-cluster-addons', 'kube-proxy,flannel,coredns');
    assert.equal(joined.exitCode, 0, joined.stderr);
    assert.doesNotMatch(joined.stderr, /has scheduled no/);
    assert.match(joined.stderr, /flannel is OK\./);
    assert.equal((await bed.sandbox('node', 'delete', 'addons')).exitCode, 0);
  });

  it('lets the node join, through an edge-hub, without root', async () => {
    const joined = await bed.run(...joinLine, '--labels', 'shop=17', '--allowed-cluster-addons', '');
    assert.equal(joined.exitCode, 0, joined.stderr);
    assert.match(joined.stderr, /Edgehub is ok/);
    assert.match(joined.stderr, /joined into the cluster successfully/);
    assert.match(joined.stderr, /keeps these add-ons off the node: kube-proxy, flannel, coredns/);
    assert.match(joined.stderr, /--allowed-cluster-addons kube-proxy,flannel,coredns/);
    assert.equal((await nodes()).edge1, 'NotReady');
    const pods = resultOf(await bed.sandbox('get', 'pods', '-o', 'json')).data as Record<string, string>[];
    assert.deepEqual(
      pods.map(({ name, status }) => [name, status]),
      [['edge-hub-edge1', 'Running']],
    );
  });

  it('makes it Ready when its network add-on may run, and the second join changes nothing else', async () => {
    const again = await bed.run(
      ...joinLine,
      '--labels',
      'shop=17',
      '--allowed-cluster-addons',
      'flannel',
      '-o',
      'json',
    );
    assert.equal(again.exitCode, 0, again.stdout);
    assert.equal((await nodes()).edge1, 'Ready');
    const third = await bed.run(
      ...joinLine,
      '--labels',
      'shop=17',
      '--allowed-cluster-addons',
      'flannel',
      '-o',
      'json',
    );
    const [host] = resultOf(third).hosts as { outcome: string }[];
    assert.equal(host?.outcome, 'unchanged');
  });

  it('shows kubectl what kubectl shows of a cluster', function () {
    if (spawnSync('kubectl', ['version', '--client']).error) this.skip();
    const { stdout, status } = spawnSync('kubectl', ['--kubeconfig', join(bed.dir, 'admin.conf'), 'get', 'nodes'], {
      encoding: 'utf8',
    });
    assert.equal(status, 0);
    assert.match(stdout, /^edge1 +Ready /m);
  });

  it('keeps everything over a restart', async () => {
    assert.equal((await bed.sandbox('down')).exitCode, 0);
    assert.equal((await bed.sandbox('status')).exitCode, 1);
    assert.match((await bed.sandbox('env')).stderr, /SANDBOX_NOT_RUNNING/);
    assert.equal((await bed.up()).exitCode, 0);
    assert.equal((await nodes()).edge1, 'Ready');
    const again = await bed.run(
      ...joinLine,
      '--labels',
      'shop=17',
      '--allowed-cluster-addons',
      'flannel',
      '-o',
      'json',
    );
    assert.equal(again.exitCode, 0, again.stdout);
    assert.equal((resultOf(again).hosts as { outcome: string }[])[0]?.outcome, 'unchanged');
  });

  it('tells a join that a file of the kubelet is wrong as a node would, by the last words of its log', async () => {
    await mkdir(join(root, 'etc/default'), { recursive: true });
    await writeFile(join(root, 'etc/default/kubelet'), 'KUBELET_EXTRA_ARGS=--colour=red\n');
    assert.equal((await bed.run('reset', '--yes', '--root', root)).exitCode, 0);
    const failed = await bed.run(...joinLine);
    assert.equal(failed.exitCode, 1);
    assert.match(failed.stderr, /KUBELET_FAILED/);
    assert.match(failed.stderr, /unknown flag: --colour/);
    assert.match(failed.stderr, /the node was rolled back\n *next: [\s\S]*to keep/);
    await writeFile(join(root, 'etc/default/kubelet'), '');
  });

  it('gets the node back as it was by a reset, and the cluster hears of it', async () => {
    assert.equal((await bed.run(...joinLine)).exitCode, 0);
    const reset = await bed.run('reset', '--yes', '--root', root);
    assert.equal(reset.exitCode, 0, reset.stderr);
    assert.equal((await nodes()).edge1, 'NotReady');
    assert.deepEqual(await readdir(join(root, 'etc')).then((names) => names.includes('kubernetes')), false);
    for (const path of ['var/lib/kubelet', 'var/lib/edge-hub', 'var/lib/edgeadm', 'etc/cni'])
      await assert.rejects(stat(join(root, path)), { code: 'ENOENT' }, path);
  });

  it('takes a node away, and forgets everything when it is told to', async () => {
    assert.equal((await bed.sandbox('node', 'delete', 'edge1')).exitCode, 0);
    assert.deepEqual(await nodes(), {});
    const unasked = await bed.sandbox('reset');
    assert.match(unasked.stderr, /CONFIRMATION_NEEDED/);
    assert.equal((await bed.sandbox('reset', '--yes')).exitCode, 0);
    assert.deepEqual(await readdir(bed.dir), ['other']);
  });
});
