import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCaller } from '../../../src/cloud/caller.ts';
import { openContainerService } from '../../../src/cloud/cs.ts';
import { ens } from '../../../src/cloud/ens.ts';
import { isAmbiguous } from '../../../src/cloud/errors.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import {
  answers,
  type HostileServer,
  hostileServer,
  type Misdeed,
  NEVER_ENDING,
  NO_ANSWERS,
} from '../../unit/cloud/hostile-server.ts';

const all100 = () => Array.from({ length: 100 }, (_, n) => ({ node_name: `n${n}` }));
const KEYS = { accessKeyId: 'LTAI5tTest', accessKeySecret: 'secretOfTheTest' };
/** Well above what fits into the buffers of a connection beside the largest answer that is read. */
const MOST_BYTES = 32 * 1024 ** 2;

let server: HostileServer;
let folder: string;

/** What is asked of each service, and an answer of a wrong shape for it. */
const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  'the node pools': async () => (await cs()).nodePools('c-1'),
  'the cluster': async () => (await cs()).cluster('c-1'),
  'the nodes': async () => (await cs()).nodes('c-1'),
  'a kubeconfig': async () => (await cs()).kubeconfig('c-1', { minutes: 15 }),
  'the tasks': async () => (await cs()).tasks('c-1'),
  'a task': async () => (await cs()).task('T-1'),
  'the interfaces': async () => (await edge()).interfaces({ instanceId: 'i-1' }),
  'the instance': async () => (await edge()).instance('i-1'),
  'the rules of a security group': async () => (await edge()).securityRules('sg-1'),
};

/** Milliseconds; the limit for answers that come must not be reached on a busy machine. */
const PATIENCE = 10_000;
const IMPATIENCE = 200;
const POLICY = {
  tries: 1,
  pauseMs: [0, 0] as const,
  readTimeoutMs: PATIENCE,
  credentials: KEYS,
  region: 'cn-hangzhou',
};

function env() {
  const url = `https://${server.host}`;
  return { EDGEADM_CS_ENDPOINT: url, EDGEADM_ENS_ENDPOINT: url, EDGEADM_CLOUD_CA: join(folder, 'ca.crt') };
}
const cs = (readTimeoutMs = PATIENCE) => openContainerService({ ...POLICY, readTimeoutMs, env: env() });
const edge = async (readTimeoutMs = PATIENCE) =>
  ens(await openCaller({ ...POLICY, readTimeoutMs, product: 'ens', env: env() }));

/** Fails for anything but an error with exit code 5 that names the server. */
async function refuses(work: Promise<unknown>): Promise<EdgeadmError> {
  const error = await work.then(
    (result) => assert.fail(`it took ${JSON.stringify(result)} for an answer`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof EdgeadmError, String(error));
  assert.equal(error.exit, 5, error.message);
  assert.ok(error.message.includes(server.host), error.message);
  assert.doesNotMatch(error.message, /secretOfTheTest|Signature=/);
  return error;
}

describe('a cloud that does not answer as its API does', function () {
  this.timeout(20_000);

  before(async () => {
    server = await hostileServer(answers(200, '{}'));
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-hostile-'));
    await writeFile(join(folder, 'ca.crt'), server.ca);
  });

  after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  for (const [what, misdeed] of Object.entries(NO_ANSWERS)) {
    it(`a cloud that does not answer as its API does is an error with exit code 5 for every call if it ${what}`, async () => {
      server.misdeed = misdeed;
      for (const call of Object.values(CALLS)) await refuses(call());
    });
  }

  for (const [what, misdeed] of Object.entries(NEVER_ENDING)) {
    it(`ends a call within its time limit, with exit code 5, if it ${what}`, async () => {
      server.misdeed = misdeed;
      await Promise.all([
        refuses((await cs(IMPATIENCE)).nodePools('c-1')),
        refuses((await edge(IMPATIENCE)).interfaces({})),
      ]);
    });
  }

  it('a cloud that does not answer as its API does is not read beyond the size limit', async () => {
    const flood = await hostileServer(NEVER_ENDING['floods its answer'] as Misdeed);
    try {
      await writeFile(join(folder, 'flood.crt'), flood.ca);
      const own = { EDGEADM_CS_ENDPOINT: `https://${flood.host}`, EDGEADM_CLOUD_CA: join(folder, 'flood.crt') };
      const service = await openContainerService({ ...POLICY, env: own });
      await assert.rejects(service.nodePools('c-1'), { code: 'CLOUD_ANSWER_INVALID' });
      await flood.hungUp;
    } finally {
      await flood.close();
    }
    assert.ok(flood.bytesTaken < MOST_BYTES, `${flood.bytesTaken} bytes were taken`);
  });

  /** Answers of the right outer shape, each with one value of a wrong type. */
  const SHAPES: readonly (readonly [call: keyof typeof CALLS, answer: unknown])[] = [
    ['the node pools', { nodepools: 5 }],
    ['the node pools', { nodepools: [null] }],
    ['the node pools', { nodepools: [{}] }],
    ['the node pools', { nodepools: [{ nodepool_info: { nodepool_id: 'np1', name: 5 } }] }],
    [
      'the node pools',
      { nodepools: [{ nodepool_info: { nodepool_id: 'np1', name: 'a' }, kubernetes_config: { taints: 'x' } }] },
    ],
    ['the cluster', { cluster_id: 5 }],
    ['the cluster', { cluster_id: 'c-1', current_version: {} }],
    ['the nodes', { nodes: {} }],
    ['the nodes', { nodes: [{ node_name: 'a', ip_address: '10.0.0.1' }] }],
    ['a kubeconfig', { config: { apiVersion: 'v1' } }],
    ['a kubeconfig', { config: '' }],
    ['the tasks', { tasks: 'none' }],
    ['a task', { task_id: 'T-1', state: 5 }],
    ['a task', { task_id: 'T-1', stages: {} }],
    ['the interfaces', { NetworkInterfaceSets: [] }],
    ['the interfaces', { TotalCount: 1, NetworkInterfaceSets: { NetworkInterfaceSet: [null] } }],
    ['the interfaces', { TotalCount: '1', NetworkInterfaceSets: { NetworkInterfaceSet: [] } }],
    ['the instance', { Instances: { Instance: 'i-1' } }],
    ['the rules of a security group', { Permissions: { Permission: [5] } }],
  ];

  for (const [call, answer] of SHAPES) {
    it(`a cloud that does not answer as its API does is CLOUD_ANSWER_INVALID if it answers ${JSON.stringify(answer)} when asked for ${call}`, async () => {
      server.misdeed = answers(200, JSON.stringify(answer));
      assert.equal((await refuses(CALLS[call]?.() ?? Promise.resolve())).code, 'CLOUD_ANSWER_INVALID');
    });
  }

  it('a cloud that does not answer as its API does is not believed if its pages never end', async () => {
    const page = { TotalCount: 1e9, NetworkInterfaceSets: { NetworkInterfaceSet: [{ NetworkInterfaceId: 'eni-1' }] } };
    server.misdeed = answers(200, JSON.stringify(page));
    assert.equal((await refuses((await edge()).interfaces({}))).code, 'CLOUD_ANSWER_INVALID');
    server.misdeed = answers(
      200,
      JSON.stringify({ nodes: Array.from({ length: 100 }, (_, n) => ({ node_name: `n${n}` })) }),
    );
    assert.equal((await refuses((await cs()).nodes('c-1'))).code, 'CLOUD_ANSWER_INVALID');
  });

  it('a cloud that does not answer as its API does is asked on if its total is too small, and an item on two pages is one', async () => {
    const all = Array.from({ length: 250 }, (_, n) => ({ node_name: `n${n}` }));
    const page = (from: number, to: number, total: number) =>
      JSON.stringify({ nodes: all.slice(from, to), page: { total_count: total } });
    const pages = [page(0, 100, 3), page(99, 199, 3), page(199, 250, 3)];
    server.misdeed = (...call) => answers(200, pages.shift() ?? '{"nodes":[]}')(...call);
    const names = (await (await cs()).nodes('c-1')).map(({ nodeName }) => nodeName);
    assert.deepEqual([names.length, new Set(names).size], [250, 250]);
  });

  it('a cloud that does not answer as its API does gets two calls for a list, not hundreds, if each page is the first one', async () => {
    let calls = 0;
    const page = JSON.stringify({ nodes: all100(), page: { total_count: 1e9 } });
    server.misdeed = (...call) => {
      calls++;
      answers(200, page)(...call);
    };
    assert.equal((await refuses((await cs()).nodes('c-1'))).code, 'CLOUD_ANSWER_INVALID');
    assert.equal(calls, 2);
  });

  it('a cloud that does not answer as its API does may leave out how many items a list has', async () => {
    const page = { NetworkInterfaceSets: { NetworkInterfaceSet: [{ NetworkInterfaceId: 'eni-1' }] } };
    server.misdeed = answers(200, JSON.stringify(page));
    assert.equal((await (await edge()).interfaces({})).length, 1);
  });

  for (const status of [300, 301, 302, 303, 307, 308]) {
    it(`a cloud that does not answer as its API does is not followed to another server, which would get the signed request (${status})`, async () => {
      const other = await hostileServer(answers(200, '{"nodepools":[]}'));
      try {
        server.misdeed = answers(status, '{"nodepools":[]}', { location: `https://${other.host}/` });
        for (const call of Object.values(CALLS)) assert.equal((await refuses(call())).code, 'CLOUD_ANSWER_INVALID');
        assert.deepEqual(other.requests, []);
      } finally {
        await other.close();
      }
    });
  }

  it('a cloud that does not answer as its API does may have carried out an order whose answer cannot be read: it has to be looked up', async () => {
    for (const misdeed of [answers(200, '<html>'), answers(302, ''), NO_ANSWERS['switches protocols'] as Misdeed]) {
      server.misdeed = misdeed;
      assert.ok(isAmbiguous(await refuses((await edge()).attach('i-1', 'eni-1'))));
    }
  });

  /** Source: RFC 9112, 9.3.1: a server may close a kept connection at any time, also while a request is on its way. */
  it('a cloud that closes a kept connection at the moment of the next request loses no order, and reads are sent again', async () => {
    const used = new WeakSet<Socket>();
    server.misdeed = (response) => {
      const { socket } = response;
      if (!socket || used.has(socket)) return socket?.destroy();
      used.add(socket);
      answers(200, response.req.url?.includes('attachscript') ? 'wget x' : '{"nodepools":[]}')(response, server);
    };
    const [edgeService, service] = [await edge(), await openContainerService({ ...POLICY, tries: 2, env: env() })];
    for (let round = 0; round < 3; round++) {
      assert.deepEqual(await service.nodePools('c-1'), []);
      await service.cancelTask('T-1');
      await service.attachScript('c-1', { nodePoolId: 'np1', arch: 'amd64', nodeSpec: '{}' });
    }
    await edgeService.attach('i-1', 'eni-1');
    await edgeService.attach('i-1', 'eni-2');
  });

  it('a cloud that does not answer as its API does is not waited for any longer once the command is interrupted', async () => {
    server.misdeed = () => controller.abort(new Error('interrupted'));
    const controller = new AbortController();
    const service = await openContainerService({
      ...POLICY,
      readTimeoutMs: 60_000,
      env: env(),
      signal: controller.signal,
    });
    await assert.rejects(service.nodePools('c-1'), /interrupted/);
  });
});
