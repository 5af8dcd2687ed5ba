import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { scratchMachine } from '../../../src/host/scratch.ts';
import { adviceForRoot } from '../../../src/host/scratch-agent.ts';

describe('a scratch root with an agent', () => {
  let folder: string;
  let root: string;
  const servers: Server[] = [];
  const put = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  /** A server that says its name. */
  const listen = (where: { path: string } | { port: number; host: string }, name: string): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer((socket) => socket.end(name)).listen(where, () => resolve(server));
      servers.push(server);
    });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-attended-'));
    // Deeper than the address of a socket may be long.
    root = join(folder, 'deep-'.repeat(20), 'root-'.repeat(20));
    await mkdir(join(root, 'run/edgeadm/ports'), { recursive: true });
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const answer = async (port: number, host = '127.0.0.1'): Promise<string> => {
    const socket = await scratchMachine(root).connect({ host, port });
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return text;
  };

  it('a scratch root with an agent has loopback ports of its own, however deep it lies', async () => {
    await listen({ path: join(folder, 's') }, 'the node');
    await symlink(join(folder, 's'), join(root, 'run/edgeadm/ports/10261.sock'));
    assert.equal(await answer(10261), 'the node');
    assert.equal(await answer(10261, 'localhost'), 'the node');
  });

  it("reaches this machine's network on every other port", async () => {
    const server = await listen({ port: 0, host: '127.0.0.1' }, 'this machine');
    assert.equal(await answer((server.address() as { port: number }).port), 'this machine');
  });

  it('a port of kubelet or edge-hub that the folder does not have is refused, never looked for on this machine', async () => {
    for (const [host, port] of [
      ['127.0.0.1', 10267],
      ['localhost', 10248],
      ['169.254.2.1', 10268],
    ] as const)
      await assert.rejects(answer(port, host), {
        code: 'API_UNREACHABLE',
        why: /no process listens there on the scratch root/,
      });
  });

  it('tells a port that nobody listens on any more', async () => {
    await symlink(join(folder, 'gone'), join(root, 'run/edgeadm/ports/10267.sock'));
    await assert.rejects(answer(10267), /ENOENT|ECONNREFUSED/);
  });

  it('runs its units while the agent runs', async () => {
    assert.equal(scratchMachine(root).runsUnits, false);
    await put('run/edgeadm/agent.pid', `${process.pid}\n`);
    assert.equal(scratchMachine(root).runsUnits, true);
    await put('run/edgeadm/agent.pid', '999999999\n');
    assert.equal(scratchMachine(root).runsUnits, false);
  });

  it('shows state and log of a unit from files', async () => {
    const { services } = scratchMachine(root);
    await put('run/edgeadm/units/kubelet.service', 'activating (auto-restart, exit-code)\n');
    await put('var/log/units/kubelet.service.log', 'one\ntwo\nthree\n');
    const { active, detail } = await services.state('kubelet.service');
    assert.deepEqual([active, detail], [false, 'activating (auto-restart, exit-code)']);
    assert.equal(await services.log('kubelet.service', 2), 'two\nthree');
  });

  it('a scratch root with an agent has the network that its file tells', async () => {
    const network = { interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.7/24'] }], routes: [] };
    await put('run/edgeadm/network.json', JSON.stringify(network));
    assert.deepEqual(await scratchMachine(root).network(), network);
  });

  it('asks a stand-in of a program for its version, and runs nothing else', async () => {
    const { exec } = scratchMachine(root);
    await put('usr/bin/kubelet', '#!edgeadm sandbox\nKubernetes v1.20.2\n');
    assert.equal((await exec('/usr/bin/kubelet', ['--version'])).stdout, 'Kubernetes v1.20.2\n');
    assert.equal((await exec('/usr/bin/kubelet', ['--help'])).exitCode, 126);
    await put('usr/bin/kubelet', '#!/bin/sh\necho hello\n');
    assert.equal((await exec('/usr/bin/kubelet', ['--version'])).exitCode, 126);
  });
});

describe('advice about a scratch root', () => {
  // What is advised for a machine, and what can be pasted where the root is.
  const ROWS: [advice: string, pasted: string][] = [
    [
      'journalctl -u kubelet | tail -n 50; systemctl restart kubelet',
      'cat /srv/n1/var/log/units/kubelet.service.log | tail -n 50; touch /srv/n1/run/edgeadm/units/kubelet.service',
    ],
    [
      'Run `systemctl status kubelet; journalctl -u kubelet`.',
      'Run `cat /srv/n1/run/edgeadm/units/kubelet.service; cat /srv/n1/var/log/units/kubelet.service.log`.',
    ],
    [
      'in (/etc/systemd/system/kubelet.service.d), then `systemctl daemon-reload; systemctl restart kubelet`',
      'in (/srv/n1/etc/systemd/system/kubelet.service.d), then `touch /srv/n1/run/edgeadm/units/kubelet.service`',
    ],
    ['systemctl unmask kubelet.service', 'rm /srv/n1/etc/systemd/system/kubelet.service'],
    [
      'restore /var/lib/edgeadm/journal.jsonl from a backup',
      'restore /srv/n1/var/lib/edgeadm/journal.jsonl from a backup',
    ],
    ['cat /srv/n1/run/edgeadm/units/kubelet.service', 'cat /srv/n1/run/edgeadm/units/kubelet.service'],
    ['kubectl get --raw /api/v1/nodes', 'kubectl get --raw /api/v1/nodes'],
  ];
  for (const [advice, pasted] of ROWS)
    it(`advice about a scratch root never asks the machine that the root is on: ${advice}`, () => {
      assert.equal(adviceForRoot(advice, '/srv/n1'), pasted);
      assert.equal(adviceForRoot(pasted, '/srv/n1'), pasted);
    });

  it('advice about a scratch root under /var names each path once', () => {
    const root = '/var/lib/sandbox/n1';
    assert.equal(adviceForRoot(adviceForRoot('rm /etc/hosts', root), root), 'rm /var/lib/sandbox/n1/etc/hosts');
  });
});
