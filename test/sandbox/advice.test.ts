import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { V1Node } from '@kubernetes/client-node';
import { adminClient } from '../../sandbox/admin-client.ts';
import { sandboxFolder } from '../../sandbox/folder.ts';
import { beginPlan } from '../../src/cluster-upgrade/control/begin.ts';
import { acquireLease } from '../../src/cluster-upgrade/control/lease.ts';
import { nowSeconds } from '../../src/cluster-upgrade/plan/plan.ts';
import { PlanStore } from '../../src/cluster-upgrade/plan/store.ts';
import { newPlan, pausePlan } from '../../src/cluster-upgrade/plan/transitions.ts';
import { toEdgeadmError } from '../../src/errors/index.ts';
import type { ApiClient } from '../../src/kubernetes/api/client.ts';
import { type Ended, edgeadm, resultOf, startEdgeadm } from './program.ts';
import { type SandboxBed, sandboxBed } from './sandbox-bed.ts';

/** A way through an error: what causes it, the command that it advises, and the way on after that. */
interface Walk {
  readonly title: string;
  readonly code: string;
  /** What ends with the error. */
  readonly cause: () => Promise<Ended>;
  /** The advised commands in the words of the error, each with what runs it; in the order in which a user takes them. */
  readonly advice: Readonly<Record<string, (ended: Ended) => Promise<Ended>>>;
  /** What the user does then; never ends with the same error. Default: {@link cause} again. */
  readonly onward?: (advised: Ended) => Promise<Ended>;
}

describe('the command that an error advises', function () {
  this.timeout(180_000);
  let bed: SandboxBed;
  let nodes = 0;
  let env: Record<string, string>;
  before(async () => {
    bed = await sandboxBed();
    assert.equal((await bed.up('--cloud-nodes', '2')).exitCode, 0);
    env = resultOf(await bed.sandbox('env', '-o', 'json')).data as Record<string, string>;
  });
  after(() => bed.remove());

  const run = (...words: string[]): Promise<Ended> => edgeadm(words, { env });

  /** A new machine, and the words that join it. */
  const machine = async (...flags: string[]) => {
    const name = `edge${++nodes}`;
    const created = await bed.sandbox('node', 'create', name, ...flags);
    const line = /^edgeadm (join .*)$/m.exec(created.stdout)?.[1] ?? assert.fail(created.stdout + created.stderr);
    const root = join(bed.dir, 'nodes', name);
    const put = async (path: string, text: string): Promise<void> => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    };
    const here = (...words: string[]): Promise<Ended> => run(...words, '--root', root);
    // Without the scratch root: what a command takes that has another one, or none.
    const words = line
      .replace(/ --root \S+/, '')
      .split(' ')
      .slice(1);
    return { name, root, put, here, words, join: (...more: string[]) => run(...line.split(' '), ...more) };
  };
  const printed = (ended: Ended): string[] =>
    (/^edgeadm (join .*)$/m.exec(ended.stdout)?.[1] ?? assert.fail(ended.stdout)).split(' ');

  const walk = async ({ code, cause, advice, onward = cause }: Walk): Promise<void> => {
    const codeOf = ({ exitCode, stderr }: Ended): string | undefined =>
      exitCode === 0 ? undefined : /\(([A-Z]+(?:_[A-Z]+)*)\)/.exec(stderr)?.[1];
    let last = await cause();
    assert.equal(codeOf(last), code, last.stderr);
    const said = last.stderr.replaceAll(/\s+/g, ' ').replaceAll(/ --root \S+?(?=[ `,])/g, '');
    for (const [words, follow] of Object.entries(advice)) {
      assert.ok(said.includes(words), `"${words}" is not advised:\n${last.stderr}`);
      last = await follow(last);
      assert.notEqual(codeOf(last), code, `${words} ends with the error that advises it:\n${last.stderr}`);
      assert.equal(last.exitCode, 0, `${words}:\n${last.stderr}`);
    }
    const again = await onward(last);
    assert.notEqual(codeOf(again), code, `after its advice:\n${again.stderr}`);
  };

  /** An upgrade that waits for its controller: images do not run here. */
  const beginUpgrade = async (): Promise<void> => {
    const admin = await adminClient(sandboxFolder(bed.dir));
    const spec = {
      targetVersion: 'v1.20.2',
      executor: 'job',
      image: 'example.org/x:1',
      startedBy: 'ann@laptop',
    } as const;
    const plan = newPlan(
      { ...spec, drain: false, drainTimeoutMs: 1000, waitOffline: false },
      [{ name: 'edge-1', pool: '', from: 'v1.20.1' }],
      nowSeconds(),
    );
    await beginPlan(admin, plan, new AbortController().signal);
    admin.close();
  };
  const endUpgrade = async (): Promise<Ended> => {
    await run('cluster', 'upgrade', 'pause', '--yes');
    return run('cluster', 'upgrade', 'cancel', '--yes');
  };

  /** A join with one value changed, the new line that is advised, and that line. */
  const newLine = async (code: string, change: (line: string) => string): Promise<void> => {
    const node = await machine();
    const line = (await bed.sandbox('node', 'create', node.name)).stdout;
    const words = change(/^edgeadm (join .*)$/m.exec(line)?.[1] ?? '').split(' ');
    await walk({
      title: code,
      code,
      cause: () => run(...words),
      advice: { 'edgeadm token create --print-join-command': () => run('token', 'create', '--print-join-command') },
      onward: async (advised) => {
        const joined = await run(...printed(advised), '--root', node.root);
        assert.equal(joined.exitCode, 0, joined.stderr);
        return joined;
      },
    });
  };

  it('a token whose secret is wrong is answered with a command that prints a line that joins', () =>
    newLine('TOKEN_INVALID', (line) => line.replace(/(--token \w{6})\.\w{16}/, '$1.aaaaaaaaaaaaaaaa')));
  it('a token that has expired is answered with a command that prints a line that joins', () =>
    newLine('TOKEN_UNKNOWN_OR_EXPIRED', (line) => line.replace(/--token \S+/, '--token aaaaaa.aaaaaaaaaaaaaaaa')));
  it('a CA hash that does not match is answered with a command that prints a line that joins', () =>
    newLine('CA_HASH_MISMATCH', (line) => line.replace(/sha256:\w{4}/, 'sha256:0000')));

  it('a machine that is pointed at a sandbox it is no part of is told how to make a node of it, and that node joins', async () => {
    const { words } = await machine();
    const { stdout } = await run('preflight', ...words, '--timeout', '60s');
    assert.match(stdout.replaceAll(/\s+/g, ' '), /edgeadm sandbox node create NAME/);
    const created = await bed.sandbox('node', 'create', 'walked');
    const joined = await run(...printed(created));
    assert.equal(joined.exitCode, 0, joined.stderr);
  });

  const WALKS: readonly (Omit<Walk, 'cause' | 'advice' | 'onward'> & {
    readonly walk: () => Promise<Omit<Walk, 'title' | 'code'>>;
  })[] = [
    {
      title: 'a token that is deleted twice',
      code: 'TOKEN_UNKNOWN_OR_EXPIRED',
      walk: async () => ({
        cause: () => run('token', 'delete', 'abcdef'),
        advice: { 'edgeadm token list': () => run('token', 'list') },
        onward: (list) => run('token', 'delete', /^(\w{6})\./m.exec(list.stdout)?.[1] ?? ''),
      }),
    },
    {
      title: 'an upgrade of a machine that was never joined',
      code: 'UPGRADE_CHECK_FAILED',
      walk: async () => {
        const node = await machine();
        return {
          cause: () => node.here('upgrade'),
          advice: { 'edgeadm token create --print-join-command': () => run('token', 'create', '--print-join-command') },
          onward: () => node.join(),
        };
      },
    },
    {
      title: 'a machine that another tool joined',
      code: 'PREFLIGHT_FAILED',
      walk: async () => {
        const node = await machine();
        await node.put('etc/kubernetes/kubelet.conf', 'clusters: []\n');
        return { cause: () => node.join(), advice: { 'edgeadm reset': () => node.here('reset', '--yes') } };
      },
    },
    {
      title: 'a node of another pool',
      code: 'ALREADY_JOINED',
      walk: async () => {
        const node = await machine();
        assert.equal((await node.join('--nodepool', 'shops')).exitCode, 0);
        return {
          cause: () => node.join('--nodepool', 'offices'),
          advice: { 'edgeadm reset': () => node.here('reset', '--yes') },
        };
      },
    },
    {
      title: 'a damaged journal',
      code: 'JOURNAL_UNREADABLE',
      walk: async () => {
        const node = await machine();
        assert.equal((await node.join()).exitCode, 0);
        const path = join(node.root, 'var/lib/edgeadm/journal.jsonl');
        const lines = (await readFile(path, 'utf8')).split('\n');
        await writeFile(path, lines.map((line, i) => (i === 3 ? '{' : line)).join('\n'));
        return {
          cause: () => node.join(),
          advice: { 'edgeadm reset --force': () => node.here('reset', '--force', '--yes') },
        };
      },
    },
    {
      title: 'a cluster without an upgrade',
      code: 'NO_UPGRADE',
      walk: async () => ({
        cause: () => run('cluster', 'upgrade', 'status'),
        advice: { 'edgeadm cluster upgrade plan': () => run('cluster', 'upgrade', 'plan') },
        // What the plan names.
        onward: () =>
          run('cluster', 'upgrade', 'start', '--image', 'example.org/x:1', '--dry-run', '--selector', 'no=where'),
      }),
    },
    {
      title: 'a node pool that there is not',
      code: 'NODEPOOL_NOT_FOUND',
      walk: async () => {
        return {
          cause: () => run('nodepool', 'get', 'walked'),
          advice: {
            'edgeadm nodepool list': () => run('nodepool', 'list'),
            'edgeadm nodepool create': () => run('nodepool', 'create', 'walked'),
          },
        };
      },
    },
    {
      title: 'an add-on that the cluster does not offer',
      code: 'ADDON_NOT_FOUND',
      walk: async () => ({
        cause: () => run('addon', 'show', 'no-such-addon'),
        advice: { 'edgeadm addon list': () => run('addon', 'list') },
        onward: (list) => run('addon', 'show', /^(coredns) /m.exec(list.stdout)?.[1] ?? ''),
      }),
    },
    {
      title: 'an add-on that is not installed',
      code: 'ADDON_NOT_FOUND',
      walk: async () => ({
        cause: () => run('addon', 'upgrade', 'logtail-ds', '--yes'),
        advice: { 'edgeadm addon install logtail-ds': () => run('addon', 'install', 'logtail-ds', '--yes') },
      }),
    },
    {
      title: 'an add-on that is installed in another version',
      code: 'ADDON_REFUSED',
      walk: async () => {
        const version = /^coredns +\S+ +(\S+)/m.exec((await run('addon', 'list')).stdout)?.[1] ?? '';
        const order = (verb: string) => run('addon', verb, 'coredns', '--version', version, '--yes');
        return { cause: () => order('install'), advice: { 'edgeadm addon upgrade': () => order('upgrade') } };
      },
    },
    {
      title: 'a node that the cluster does not have',
      code: 'NODE_NOT_FOUND',
      walk: async () => {
        const node = await machine();
        assert.equal((await node.join()).exitCode, 0);
        return {
          cause: () => run('node', 'autonomy', 'show', `${node.name}-typo`),
          advice: { 'edgeadm node list': () => run('node', 'list') },
          onward: (list) => run('node', 'autonomy', 'show', list.stdout.includes(node.name) ? node.name : ''),
        };
      },
    },
    {
      title: 'a cluster that the container service does not have',
      code: 'CLOUD_CLUSTER_NOT_FOUND',
      walk: async () => ({
        cause: () => run('cluster', 'show', 'no-such-cluster'),
        advice: { 'edgeadm cluster list': () => run('cluster', 'list') },
        onward: async (list) => {
          const shown = await run(
            'cluster',
            'show',
            / (c\w{10,})\b/.exec(list.stdout)?.[1] ?? assert.fail(list.stdout),
          );
          assert.equal(shown.exitCode, 0, shown.stderr);
          return shown;
        },
      }),
    },
    {
      title: 'the default node pool, which cannot be deleted',
      code: 'NODEPOOL_REFUSED',
      walk: async () => {
        await run('nodepool', 'create', 'spare');
        return {
          cause: () => run('nodepool', 'delete', 'default-nodepool', '--yes'),
          advice: { 'edgeadm nodepool list': () => run('nodepool', 'list') },
          onward: async (list) => {
            const name = /^(spare) /m.exec(list.stdout)?.[1] ?? assert.fail(list.stdout);
            const deleted = await run('nodepool', 'delete', name, '--yes');
            assert.equal(deleted.exitCode, 0, deleted.stderr);
            return deleted;
          },
        };
      },
    },
    {
      title: 'a node that cannot be autonomous',
      code: 'SETTING_REFUSED',
      walk: async () => {
        const node = await machine();
        assert.equal((await node.join()).exitCode, 0);
        const admin = await adminClient(sandboxFolder(bed.dir));
        await admin.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'not-an-edge' } });
        admin.close();
        return {
          cause: () => run('node', 'autonomy', 'enable', 'not-an-edge', node.name, '--yes'),
          advice: { 'edgeadm node autonomy show': () => run('node', 'autonomy', 'show') },
          onward: async (shown) => {
            assert.ok(shown.stdout.includes(node.name), shown.stdout);
            const enabled = await run('node', 'autonomy', 'enable', node.name, '--yes');
            assert.equal(enabled.exitCode, 0, enabled.stderr);
            return enabled;
          },
        };
      },
    },
    {
      title: 'a program for which the edge-hub has cached nothing',
      code: 'HUB_CHECK_FAILED',
      walk: async () => {
        const node = await machine();
        assert.equal((await node.join()).exitCode, 0);
        return {
          cause: () => node.here('hub', 'cache', 'verify', 'edge-app'),
          advice: {
            'edgeadm hub cache list': () => run('hub', 'cache', 'list'),
            'edgeadm hub cache add edge-app --restart': () =>
              run('hub', 'cache', 'add', 'edge-app', '--restart', '--yes'),
          },
          onward: async () => {
            // What the edge-hub writes once the program has asked through it.
            await node.put('etc/kubernetes/cache/edge-app/services/kubernetes', '{}');
            return node.here('hub', 'cache', 'verify', 'edge-app');
          },
        };
      },
    },
    ...(
      [
        ['HUB_CHECK_FAILED', 'endpoints', 'an edge-hub whose endpoints are closed'],
        ['EDGE_HUB_FAILED', 'traffic', 'an edge-hub that does not count'],
      ] as const
    ).map(([code, what, title]) => ({
      title,
      code,
      walk: async () => {
        const node = await machine();
        assert.equal((await node.join()).exitCode, 0);
        const manifest = join(node.root, 'etc/kubernetes/manifests/edge-hub.yaml');
        // A kubelet reads every file of the folder.
        await rename(manifest, join(bed.dir, `${node.name}.hub`));
        const archive = join(bed.dir, `${node.name}.tgz`);
        return {
          cause: async () => {
            for (;;) {
              const ended = await node.here('hub', what);
              // The small kubelet stops the hub a moment later.
              if (/10267(\/metrics|: no process)/.test(ended.stderr)) return ended;
              await setTimeout(200);
            }
          },
          advice: { 'edgeadm diagnose': () => node.here('diagnose', '-o', archive) },
          onward: async (diagnosed: Ended) => {
            assert.match(diagnosed.stdout.replaceAll(/\s+/g, ' '), /none is set up.*run the same `edgeadm join` again/);
            const joined = await node.join();
            assert.equal(joined.exitCode, 0, joined.stderr);
            return joined;
          },
        };
      },
    })),
    {
      title: 'a node that is to be removed and that there is not',
      code: 'NODE_NOT_FOUND',
      walk: async () => {
        const node = await machine();
        assert.equal((await node.join()).exitCode, 0);
        const admin = await adminClient(sandboxFolder(bed.dir));
        const path = `/api/v1/nodes/${node.name}`;
        const before = await admin.get<V1Node>(path);
        return {
          // The service does not know a node that joined by a token of Kubernetes.
          cause: () => run('node', 'remove', node.name, '--yes'),
          advice: {
            'edgeadm node list --cluster-id': () => run('node', 'list', '--cluster-id', bed.cluster),
            [`kubectl delete node ${node.name}`]: async (list) => {
              assert.ok(!list.stdout.includes(node.name), list.stdout);
              await admin.delete(path);
              // The kubelet of the sandbox, which runs, makes another one.
              const after = await admin.find<V1Node>(path);
              assert.notEqual(after?.metadata?.uid, before.metadata?.uid);
              admin.close();
              return list;
            },
          },
          onward: () => run('node', 'remove', node.name, '--yes', '--ignore-not-found'),
        };
      },
    },
    {
      title: 'an upgrade that is no longer watched',
      code: 'INTERRUPTED',
      walk: async () => ({
        cause: async () => {
          await beginUpgrade();
          const watching = startEdgeadm(['cluster', 'upgrade', 'status', '--watch'], { env });
          watching.stderr?.on('data', (text) => String(text).includes('is Running') && watching.kill('SIGINT'));
          const { exitCode = -1, stdout, stderr } = await watching;
          return { exitCode, stdout, stderr };
        },
        advice: { 'edgeadm cluster upgrade status': () => run('cluster', 'upgrade', 'status') },
        onward: async (status) => {
          assert.match(status.stdout, /Running[\s\S]*1 waiting/);
          return endUpgrade();
        },
      }),
    },
    {
      title: 'an upgrade that another process controls',
      code: 'UPGRADE_UNDER_WAY',
      walk: async () => {
        await beginUpgrade();
        const { signal } = new AbortController();
        const admin = await adminClient(sandboxFolder(bed.dir));
        const lease = await acquireLease(admin, 'bob@desk (process 7)', signal);
        return {
          cause: () => run('cluster', 'upgrade', 'continue', '--executor', 'ssh', '--host', 'root@192.0.2.7', '--yes'),
          advice: { 'edgeadm cluster upgrade status': () => run('cluster', 'upgrade', 'status') },
          onward: async (status) => {
            assert.match(status.stdout, /bob@desk \(process 7\)/);
            if (typeof lease !== 'string') await lease.release();
            admin.close();
            return endUpgrade();
          },
        };
      },
    },
    {
      title: 'an upgrade that others change again and again',
      code: 'API_ERROR',
      walk: async () => {
        await beginUpgrade();
        const admin = await adminClient(sandboxFolder(bed.dir));
        const others = new PlanStore(admin);
        // Each write of this one comes after somebody else's.
        const late = {
          find: admin.find.bind(admin),
          writeUnlessStale: async (...words: Parameters<ApiClient['writeUnlessStale']>) => {
            await others.update((plan) => ({ ...plan, progress: { ...plan.progress, reason: randomUUID() } }));
            return admin.writeUnlessStale(...words);
          },
        } as unknown as ApiClient;
        return {
          cause: () => endedBy(new PlanStore(late).update((plan) => pausePlan(plan, 'bob@desk', nowSeconds()))),
          advice: { 'edgeadm cluster upgrade status': () => run('cluster', 'upgrade', 'status') },
          onward: async (status) => {
            assert.match(status.stdout, /to v1.20.2, Running/);
            admin.close();
            return endUpgrade();
          },
        };
      },
    },
    {
      title: 'a join to a node pool of cloud instances',
      code: 'NODEPOOL_REFUSED',
      walk: async () => {
        const node = await machine();
        const inService = ['--cluster-id', bed.cluster, '--region', 'cn-hangzhou'];
        const attach = (pool: string) => node.here('join', ...inService, '--nodepool', pool, '--yes');
        return {
          cause: () => attach('cloud-nodes'),
          advice: { 'edgeadm nodepool list --cluster-id': () => run('nodepool', 'list', '--cluster-id', bed.cluster) },
          onward: async (list) => {
            assert.match(list.stdout, /^cloud-nodes +\S+ +cloud /m);
            const joined = await attach(/^(\S+) +\S+ +basic /m.exec(list.stdout)?.[1] ?? assert.fail(list.stdout));
            assert.equal(joined.exitCode, 0, joined.stderr);
            return joined;
          },
        };
      },
    },
    {
      title: 'a node that is to be repaired and that the node pool does not have',
      code: 'NODE_NOT_FOUND',
      walk: async () => {
        const repair = (node: string) =>
          run(
            ...['nodepool', 'repair', 'cloud-nodes', '--node', node, '--operation', 'restart.kubelet'],
            ...['--cluster-id', bed.cluster, '--yes'],
          );
        return {
          cause: () => repair('no-such-node'),
          advice: { 'edgeadm node list --cluster-id': () => run('node', 'list', '--cluster-id', bed.cluster) },
          onward: async (list) => {
            const repaired = await repair(/^(\S+) .*cloud-nodes/m.exec(list.stdout)?.[1] ?? assert.fail(list.stdout));
            assert.equal(repaired.exitCode, 0, repaired.stderr);
            return repaired;
          },
        };
      },
    },
    {
      title: 'an edge node that is to be a gateway',
      code: 'SETTING_REFUSED',
      walk: async () => {
        const node = await machine();
        assert.equal((await node.join()).exitCode, 0);
        const admin = await adminClient(sandboxFolder(bed.dir));
        const labels = { 'alibabacloud.com/is-edge-worker': 'false' };
        await admin.create('/api/v1/nodes', {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: 'in-the-cloud', labels },
        });
        admin.close();
        return {
          cause: () => run('node', 'gateway', 'set', node.name, '--yes'),
          advice: { 'edgeadm node list': () => run('node', 'list') },
          onward: async (list) => {
            assert.match(list.stdout, /^in-the-cloud +cloud /m);
            const set = await run('node', 'gateway', 'set', 'in-the-cloud', '--yes');
            assert.equal(set.exitCode, 0, set.stderr);
            assert.match(set.stdout + set.stderr, /edgeadm addon list --cluster-id ID/);
            const listed = await run('addon', 'list', '--cluster-id', bed.cluster);
            assert.equal(listed.exitCode, 0, listed.stderr);
            return set;
          },
        };
      },
    },
    {
      title: 'the name of a cluster in the place of its ID',
      code: 'CLOUD_REFUSED',
      walk: async () => ({
        cause: () => run('nodepool', 'list', '--cluster-id', 'my-cluster'),
        advice: { 'edgeadm cluster list': () => run('cluster', 'list') },
        onward: (list) => run('nodepool', 'list', '--cluster-id', / (c\w{10,})\b/.exec(list.stdout)?.[1] ?? ''),
      }),
    },
    {
      title: "phases in kubeadm's words",
      code: 'USAGE',
      walk: async () => {
        const node = await machine();
        const file = join(bed.dir, 'kubeadm.yaml');
        const head = 'kind: JoinConfiguration\nskipPhases: ';
        await writeFile(file, `apiVersion: kubeadm.k8s.io/v1beta3\n${head}[preflight]\n`);
        return {
          cause: () => node.join('--config', file, '--dry-run'),
          advice: { 'edgeadm join phases': () => run('join', 'phases') },
          onward: async (phases) => {
            const phase = /\b(post-check)\b/.exec(phases.stdout)?.[1] ?? assert.fail(phases.stdout);
            await writeFile(file, `apiVersion: edgeadm.io/v1\n${head}[${phase}]\n`);
            const joined = await node.join('--config', file, '--dry-run');
            assert.equal(joined.exitCode, 0, joined.stderr);
            return joined;
          },
        };
      },
    },
    {
      title: 'a command of kubeadm or kubectl that edgeadm does not have: drain',
      code: 'USAGE',
      walk: async () => ({
        cause: () => run('drain', 'edge1'),
        advice: { 'edgeadm reset --drain --help': () => run('reset', '--drain', '--help') },
        onward: () => run('reset', '--drain', '--help'),
      }),
    },
    {
      title: 'a command of kubeadm or kubectl that edgeadm does not have: nodes',
      code: 'USAGE',
      walk: async () => ({
        cause: () => run('nodes'),
        advice: { 'edgeadm sandbox node list': () => bed.sandbox('node', 'list') },
        onward: () => bed.sandbox('node', 'list'),
      }),
    },
    {
      title: 'a combination of versions that was not looked up before',
      code: 'CLUSTER_UNSUPPORTED',
      walk: async () => ({
        cause: () => run('compat', '--cluster-version', '1.14.8-aliyunedge.1'),
        advice: {},
        onward: () => run('compat', '--cluster-version', '1.16.9-aliyunedge.1'),
      }),
    },
    {
      title: 'a word that explain does not know',
      code: 'USAGE',
      walk: async () => ({
        cause: () => run('explain', 'nothing'),
        advice: {
          'edgeadm explain codes': () => run('explain', 'codes'),
          'edgeadm explain checks': () => run('explain', 'checks'),
          'edgeadm explain phases': () => run('explain', 'phases'),
        },
        onward: () => run('explain', 'USAGE'),
      }),
    },
    {
      title: 'a check that does not exist',
      code: 'USAGE',
      walk: async () => {
        const node = await machine();
        return {
          cause: () => node.join('--ignore-preflight-errors', 'nothing-like-it', '--dry-run'),
          advice: { 'edgeadm explain checks': () => run('explain', 'checks') },
          onward: () => node.join('--ignore-preflight-errors', 'Swap', '--dry-run'),
        };
      },
    },
    {
      title: 'a phase that does not exist',
      code: 'USAGE',
      walk: async () => {
        const node = await machine();
        return {
          cause: () => node.join('--skip-phases', 'nothing-like-it', '--dry-run'),
          advice: { 'edgeadm join phases': () => run('join', 'phases') },
          onward: () => node.join('--skip-phases', 'post-check', '--dry-run'),
        };
      },
    },
    {
      title: 'a configuration file of another kind',
      code: 'USAGE',
      walk: async () => {
        const node = await machine();
        const file = join(bed.dir, 'other.yaml');
        await writeFile(file, 'kind: ClusterConfiguration\n');
        return {
          cause: () => node.join('--config', file, '--dry-run'),
          advice: { 'edgeadm config print-defaults': () => run('config', 'print-defaults') },
          onward: async ({ stdout }) => {
            await writeFile(file, stdout);
            return node.join('--config', file, '--dry-run');
          },
        };
      },
    },
    {
      title: 'a bundle that is damaged',
      code: 'BUNDLE_INVALID',
      walk: async () => {
        const folder = join(bed.dir, 'bundle');
        const kubelet = join(bed.dir, 'kubelet');
        await mkdir(folder);
        await writeFile(join(folder, 'bundle.yaml'), 'kind: Bundle\n');
        // An ELF file for amd64, as far as its first bytes go.
        await writeFile(
          kubelet,
          Buffer.concat([Buffer.from('7f454c46020101000000000000000000', 'hex'), elf(), Buffer.alloc(100)]),
        );
        return {
          cause: () => run('bundle', 'verify', folder),
          advice: {
            'edgeadm bundle create': () =>
              run('bundle', 'create', `${folder}-2`, '--kubernetes-version', 'v1.20.2', '--kubelet', kubelet),
          },
          onward: () => run('bundle', 'verify', `${folder}-2`),
        };
      },
    },
    {
      title: 'a configuration file with mistakes',
      code: 'USAGE',
      walk: async () => {
        const node = await machine();
        const file = join(bed.dir, 'mistakes.yaml');
        const write = (name: string) =>
          writeFile(file, `apiVersion: edgeadm.io/v1\nkind: JoinConfiguration\nnodeName: ${name}\n`);
        await write('UPPER!');
        return {
          cause: () => run('config', 'validate', ...node.words, '--config', file),
          advice: {},
          onward: async () => {
            assert.match((await run('explain', 'USAGE')).stdout, /edgeadm config validate/);
            await write('corrected');
            const validated = await run('config', 'validate', ...node.words, '--config', file);
            assert.equal(validated.exitCode, 0, validated.stderr);
            return validated;
          },
        };
      },
    },
    {
      title: 'a conversion of a machine that was never joined',
      code: 'CONVERT_REFUSED',
      walk: async () => {
        const node = await machine();
        return {
          cause: () => node.here('convert', '--edge-hub-image', 'openyurt/yurthub:v1.7.0', '--yes'),
          advice: { 'edgeadm join': () => node.join() },
          // The edge-hub is what a conversion is for.
          onward: () => node.here('reset', '--yes'),
        };
      },
    },
    ...(['OPENAPI_TOKEN_INVALID', 'OPENAPI_TOKEN_EXPIRED'] as const).map((code) => ({
      title: 'a token of the container service',
      code,
      walk: async () => {
        const node = await machine();
        await run('nodepool', 'create', 'walked');
        const tokenIn = ({ stdout }: Ended): string => /--openapi-token=(\w+)/.exec(stdout)?.[1] ?? assert.fail(stdout);
        const line = await run('nodepool', 'attach-script', 'walked', '--ttl', '3s');
        const words = (token: string) => ['join', `--openapi-token=${token}`, '--region', 'cn-hangzhou'];
        // The service counts whole seconds.
        await setTimeout(5000);
        const token = code === 'OPENAPI_TOKEN_EXPIRED' ? tokenIn(line) : 'f'.repeat(32);
        return {
          cause: () => node.here(...words(token)),
          advice: { 'edgeadm nodepool attach-script': () => run('nodepool', 'attach-script', 'walked') },
          onward: async (advised: Ended) => {
            const joined = await node.here(...words(tokenIn(advised)));
            assert.equal(joined.exitCode, 0, joined.stderr);
            return joined;
          },
        };
      },
    })),
    {
      title: 'a token that must not be used to log in',
      code: 'TOKEN_REFUSED',
      walk: async () => {
        const node = await machine();
        const id = /--token (\w{6})\./.exec(node.words.join(' '))?.[1] ?? '';
        const admin = await adminClient(sandboxFolder(bed.dir));
        const path = `/api/v1/namespaces/kube-system/secrets/bootstrap-token-${id}`;
        await admin.patch(path, { data: { 'usage-bootstrap-authentication': null } });
        admin.close();
        return {
          cause: () => node.join(),
          advice: { 'edgeadm token create --print-join-command': () => run('token', 'create', '--print-join-command') },
          onward: async (advised) => {
            const joined = await node.here(...printed(advised));
            assert.equal(joined.exitCode, 0, joined.stderr);
            return joined;
          },
        };
      },
    },
    {
      title: 'a sandbox that is killed while it starts in the background',
      code: 'SANDBOX_FAILED',
      walk: async () => {
        const dir = join(bed.dir, 'fifth');
        const up = () => edgeadm(['sandbox', 'up', '--background', '--dir', dir, '--port', String(bed.port + 40)]);
        return {
          cause: async () => {
            const started = up();
            await killWhenThere(dir);
            return started;
          },
          // In the foreground it does not end; what it does is the same.
          advice: { 'edgeadm sandbox up': up },
          onward: () => edgeadm(['sandbox', 'down', '--dir', dir]),
        };
      },
    },
    {
      title: 'a sandbox on a port that another program has',
      code: 'SANDBOX_PORT_TAKEN',
      walk: async () => {
        const dir = join(bed.dir, 'second');
        const other = (...words: string[]) => edgeadm(['sandbox', ...words, '--dir', dir]);
        return {
          cause: () => other('up', '--background', '--port', String(bed.port)),
          advice: { 'edgeadm sandbox up --port': () => other('up', '--background', '--port', String(bed.port + 10)) },
          onward: () => other('down'),
        };
      },
    },
    {
      title: 'a sandbox that does not run',
      code: 'SANDBOX_NOT_RUNNING',
      walk: async () => {
        const dir = join(bed.dir, 'third');
        const other = (...words: string[]) => edgeadm(['sandbox', ...words, '--dir', dir]);
        return {
          cause: () => other('env'),
          advice: { 'edgeadm sandbox up': () => other('up', '--background', '--port', String(bed.port + 20)) },
          onward: async () => {
            const env = await other('env');
            await other('down');
            return env;
          },
        };
      },
    },
    {
      title: "a system that the vendor's matrix does not have",
      code: 'OS_UNSUPPORTED',
      walk: async () => {
        const dir = join(bed.dir, 'sixth');
        const other = (...words: string[]) => edgeadm(['sandbox', ...words, '--dir', dir]);
        const version = ['--kubernetes-version', '1.20.11-aliyunedge.1'];
        const up = await other('up', '--background', '--port', String(bed.port + 50), ...version);
        assert.equal(up.exitCode, 0, up.stderr);
        const joined = async (name: string, system: string) =>
          run(...printed(await other('node', 'create', name, '--os', system)), '--yes');
        return {
          cause: () => joined('new', 'Debian 12'),
          advice: { 'edgeadm compat': () => run('compat') },
          onward: async (matrix: Ended) => {
            assert.match(matrix.stdout, /^amd64 +Ubuntu +20\.04 +5\.4 /m);
            const ended = await joined('old', 'Ubuntu 20.04');
            await other('down');
            assert.equal(ended.exitCode, 0, ended.stderr);
            return ended;
          },
        };
      },
    },
    {
      title: 'a sandbox that runs already, as another version',
      code: 'SANDBOX_RUNNING',
      walk: async () => {
        const dir = join(bed.dir, 'fourth');
        const other = (...words: string[]) => edgeadm(['sandbox', ...words, '--dir', dir]);
        const up = (version: string) =>
          other('up', '--background', '--port', String(bed.port + 30), '--kubernetes-version', version);
        assert.equal((await up('1.20')).exitCode, 0);
        return {
          cause: () => up('1.34'),
          advice: { 'edgeadm sandbox down': () => other('down') },
          onward: async () => {
            const again = await up('1.34');
            await other('down');
            return again;
          },
        };
      },
    },
  ];

  it('the join that warns of a condition of its node advises a diagnosis, which names it as long as it is there', async () => {
    const node = await machine();
    assert.equal((await node.join()).exitCode, 0);
    const admin = await adminClient(sandboxFolder(bed.dir));
    const report = (status: string) =>
      admin.patch(`/api/v1/nodes/${node.name}/status`, {
        status: { conditions: [{ type: 'NetworkUnavailable', status, reason: 'NoRoute', message: 'no route' }] },
      });
    const archive = join(bed.dir, `${node.name}.tgz`);
    const diagnosed = async (): Promise<string> => (await node.here('diagnose', '-o', archive)).stdout;
    await report('True');
    const warned = await node.join();
    assert.equal(warned.exitCode, 0, warned.stderr);
    assert.match(warned.stderr, /The node reports NetworkUnavailable.*`edgeadm diagnose`/);
    assert.match(await diagnosed(), /NetworkUnavailable/);
    await report('False');
    assert.doesNotMatch(await diagnosed(), /NetworkUnavailable/);
    assert.doesNotMatch((await node.join()).stderr, /The node reports/);
    admin.close();
  });

  for (const { title, code, walk: begin } of WALKS) {
    it(`the way that ${code} advises does not lead back to it: ${title}`, async () =>
      walk({ title, code, ...(await begin()) }));
  }
});

/** What a command shows of an error that its process has. */
async function endedBy(work: Promise<unknown>): Promise<Ended> {
  try {
    await work;
    return { exitCode: 0, stdout: '', stderr: '' };
  } catch (error) {
    const { code, message, next } = toEdgeadmError(error);
    return { exitCode: 4, stdout: '', stderr: `error: ${message}\nnext: ${next}\n(${code})\n` };
  }
}

/** Kills the process that a start in the background has made for a folder, as soon as it is there. */
async function killWhenThere(dir: string): Promise<void> {
  for (;;) {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
      if (words.includes(dir) && words.includes('json')) return void process.kill(Number(pid), 'SIGKILL');
    }
    await setTimeout(5);
  }
}

/** The rest of an ELF header: type EXEC, machine x86-64, version 1. */
function elf(): Buffer {
  return Buffer.from('02003e0001000000', 'hex');
}
