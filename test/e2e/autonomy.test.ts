import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  cutNetwork,
  installCni,
  limitRate,
  losePackets,
  type Node,
  podCidrOf,
  restoreNetwork,
  runPod,
  until,
} from '../testbed/index.ts';
import { sideBySide } from './side-by-side.ts';
import { freshNode, joinArgs, joinNode, testBed, WITH_HUB } from './support.ts';

const CUT_MS = 180_000;

/** Ids of the containers that run on a node. */
async function containers(node: Node): Promise<string[]> {
  const { stdout } = await node.exec('ctr', '-n', 'k8s.io', 'tasks', 'list');
  return [...stdout.matchAll(/^([0-9a-f]{64})\s+\d+\s+RUNNING/gm)].map(([, id = '']) => id).sort();
}

async function joinedWithPod(name: string): Promise<Node> {
  const { cluster } = await testBed();
  const node = await freshNode(name);
  await joinNode(node);
  await installCni(node, await podCidrOf(cluster, name));
  await cluster.waitForNode(name);
  await runPod(cluster, node, `pod-${name}`);
  return node;
}

/** Everything a node may show or keep that is not made to hold secrets. */
async function whatIsLeft(node: Node): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const path of [
    '/var/log/edgeadm.log',
    '/var/lib/edgeadm/journal.jsonl',
    '/var/lib/kubelet/kubeadm-flags.env',
    '/var/lib/kubelet/config.yaml',
  ]) {
    texts.set(path, await node.read(path).catch(() => ''));
  }
  const manifests = '/etc/kubernetes/manifests';
  for (const name of await readdir(join(node.root, manifests)).catch(() => []))
    texts.set(name, await node.read(`${manifests}/${name}`));
  texts.set('journald', (await node.exec('journalctl', '--no-pager')).stdout);
  return texts;
}

/**
 * What the processes of a node were called with, sampled while `work` runs: edgeadm's own line, once it has taken its
 * name (the first thing it does), and those of all that it starts.
 */
const SHOW_COMMAND_LINES =
  'for p in /proc/[0-9]*; do read -r c <$p/comm; case $c in node|env|MainThread) ;; *) tr "\\0" " " <$p/cmdline; esac; done 2>/dev/null';

async function commandLines(node: Node, work: Promise<unknown>): Promise<string> {
  let all = '';
  let running = true;
  const done = work.finally(() => {
    running = false;
  });
  while (running) {
    all += (await node.exec('sh', '-c', SHOW_COMMAND_LINES)).stdout;
    await delay(100);
  }
  await done;
  return all;
}

describe('an edge node behind a bad network', () => {
  sideBySide(
    {
      'that is cut off for three minutes': (test) => {
        let node: Node;
        let before: string[];
        test('has joined and runs a pod', async () => {
          node = await joinedWithPod('cut');
          before = await containers(node);
          assert.ok(before.length >= 4, before.join());
        });
        test('keeps its pods while it is cut off, and over a restart of the kubelet', async () => {
          await cutNetwork(node);
          await delay(CUT_MS / 3);
          assert.equal((await node.exec('systemctl', 'restart', 'kubelet')).exitCode, 0);
          await delay((CUT_MS * 2) / 3);
          assert.deepEqual(await containers(node), before);
          assert.equal((await node.exec('systemctl', 'is-active', 'kubelet')).stdout.trim(), 'active');
        });
        test('is Ready again when the network is back, with the same pods', async () => {
          const { cluster } = await testBed();
          await restoreNetwork(node);
          const since = Date.now() - 2000;
          await until(
            'a fresh status of the node',
            async () => {
              const object = await cluster.get<{
                status: { conditions: { type: string; status: string; lastHeartbeatTime: string }[] };
              }>('/api/v1/nodes/cut');
              const ready = object?.status.conditions.find(({ type }) => type === 'Ready');
              return ready?.status === 'True' && Date.parse(ready.lastHeartbeatTime) > since;
            },
            120,
          );
          assert.deepEqual(await containers(node), before);
          await node.down();
        });
      },
      'that is slow, or loses packets': (test) => {
        test('joins at 400 kbit a second', async () => {
          const node = await freshNode('slow');
          await limitRate(node, '400kbit');
          await joinNode(node);
          await node.down();
        });
        test('joins where every tenth packet is lost', async () => {
          const node = await freshNode('lossy');
          await losePackets(node, 10);
          await joinNode(node);
          await node.down();
        });
      },
      'and its secrets': (test) => {
        let node: Node;
        let token: string;
        let secret: string;
        let keys: string[];
        let shown = '';
        test('are in no output, whatever was run and however it ended', async () => {
          node = await freshNode('secret');
          const { cluster } = await testBed();
          token = await cluster.token();
          secret = token.split('.')[1] ?? '';
          const args = (await joinArgs(...WITH_HUB)).map((word) =>
            /^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(word) ? token : word,
          );
          const run = async (more: string[], command = args) => {
            const { stdout, stderr } = await node.edgeadm([...command, ...more]);
            shown += stdout + stderr;
          };
          await run(['--dry-run']);
          await run(['-o', 'json', '--kubernetes-version', 'v1.99.0']);
          await run(['--no-such-flag']);
          await run([], ['config', 'validate', ...args.slice(1)]);
          await run(['-v'], ['preflight', ...args.slice(1)]);
          shown += await commandLines(node, run(['-v']));
          await run(['-o', 'json', '-v']);
          assert.ok(!shown.includes(secret));
          assert.doesNotMatch(shown, /BEGIN [A-Z ]*PRIVATE KEY/);
        });
        test('are in no log, journal, manifest or argument on the node', async () => {
          const pems = [
            '/var/lib/kubelet/pki/kubelet-client-current.pem',
            '/var/lib/edge-hub/pki/edge-hub-current.pem',
          ];
          keys = [];
          for (const path of pems) {
            const { stdout } = await node.exec('cat', path);
            keys.push(
              ...(/BEGIN [A-Z ]*PRIVATE KEY-----\n([\s\S]+?)-----END/.exec(stdout)?.[1]?.trim().split('\n') ?? []),
            );
          }
          assert.ok(keys.length >= 4);
          for (const [where, text] of await whatIsLeft(node)) {
            assert.ok(!text.includes(secret), where);
            for (const key of keys) assert.ok(!text.includes(key), where);
          }
          for (const key of keys) assert.ok(!shown.includes(key));
        });
        test('lie in files that root alone may read', async () => {
          const { stdout } = await node.exec(
            'find',
            '/var/lib/edgeadm',
            '/var/lib/kubelet/pki',
            '/var/lib/edge-hub',
            '/etc/kubernetes',
            '-type',
            'f',
            '-printf',
            '%m %p\n',
          );
          for (const line of stdout.trim().split('\n')) {
            const [mode = '', path = ''] = line.split(' ');
            const text = await readFile(join(node.root, path), 'utf8').catch(() => '');
            if (/PRIVATE KEY/.test(text) || text.includes(secret) || path.includes('/backup/'))
              assert.equal(mode, '600', path);
          }
          assert.equal((await node.exec('stat', '-c', '%a', '/var/lib/edgeadm')).stdout.trim(), '700');
          await node.down();
        });
      },
    },
    testBed,
  );
});
