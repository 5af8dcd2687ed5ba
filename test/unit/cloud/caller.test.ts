import assert from 'node:assert/strict';
import { z } from 'zod';
import { seedInstance } from '../../../sandbox/cloud/ens-seed.ts';
import { addFault } from '../../../sandbox/cloud/faults.ts';
import type { CloudCall, CloudResponse } from '../../../src/cloud/call.ts';
import { cloudCaller, openCaller } from '../../../src/cloud/caller.ts';
import { isPassing, refusalOf } from '../../../src/cloud/errors.ts';
import { cloudHost } from '../../../src/config/cloud-hosts.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { HttpError } from '../../../src/http/index.ts';
import { emulatedCloud } from '../sandbox/cloud/emulated-cloud.ts';

const refuse = (status: number, Code: string) => ({ status, body: { Code, Message: 'm', RequestId: 'R1' } });
const lost = (sent = true, message = 'socket hang up') =>
  new HttpError({ kind: 'broken', address: 'https://ens.test', message, sent });

/** A caller whose network answers in turn. */
function caller(answers: (CloudResponse | Error)[], plan?: (action: string) => void) {
  const limits: number[] = [];
  const send = async (_call: CloudCall, { timeoutMs }: { timeoutMs: number }) => {
    limits.push(timeoutMs);
    const answer = answers.shift() ?? { status: 200, body: { ok: true } };
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { ...cloudCaller({ endpoint: 'ens.test', send }, { pauseMs: [0, 0], plan }), limits };
}

async function errorOf(work: Promise<unknown>): Promise<EdgeadmError> {
  const error = await work.then(
    () => assert.fail('it succeeded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof EdgeadmError);
  return error;
}

const CALL = { action: 'Describe' };

describe('calls of a cloud API', () => {
  it('tries reads again after throttling, faults of the cloud and lost answers', async () => {
    const { read, limits } = caller([refuse(400, 'Throttling.User'), refuse(503, 'ServiceUnavailable'), lost()]);
    assert.deepEqual(await read(CALL, z.unknown()), { ok: true });
    assert.equal(limits.length, 4);
  });

  for (const code of ['QPS Limit Exceeded', 'Rejected.Throttling', 'Throttling.Api', 'RequestLimitExceeded']) {
    it(`tries a read again if the cloud says ${code}, and tells an order that it was throttled`, async () => {
      assert.deepEqual(await caller([refuse(400, code)]).read(CALL, z.unknown()), { ok: true });
      assert.equal((await errorOf(caller([refuse(400, code)]).order(CALL))).code, 'CLOUD_THROTTLED');
    });
  }

  it('takes an answer of 200 for the failure that its Code of another number than 0 says it is', async () => {
    const failed = { status: 200, body: { Code: 1002, Message: 'system error', RequestId: 'R1' } };
    const error = await errorOf(caller([failed]).order(CALL));
    assert.deepEqual([error.code, error.what], ['CLOUD_FAILED', 'ens.test refused Describe: Code 1002']);
    assert.match(error.why ?? '', /system error\nRequestId: R1/);
    const named = { status: 200, body: { Code: 'InvalidVersion.2', Message: 'no such version' } };
    assert.equal((await errorOf(caller([named]).order(CALL))).code, 'CLOUD_REFUSED');
    for (const fine of [{ Code: 0 }, { Code: 200 }, { Code: '0' }, { Code: 'OK' }, { Code: '' }, { code: 1 }])
      assert.deepEqual(await caller([{ status: 200, body: fine }]).order(CALL), fine);
  });

  it('shows the status and the beginning of a page that a proxy answers', async () => {
    const page = `<html>\r\n<title>502 Bad Gateway</title>${' '.repeat(200)}</html>`;
    const error = await errorOf(caller([{ status: 502, body: undefined, text: page }]).order(CALL));
    assert.deepEqual(
      [error.code, error.what, error.why],
      ['CLOUD_FAILED', 'ens.test refused Describe: HTTP 502', '<html> <title>502 Bad Gateway</title> </html>'],
    );
  });

  it('does not ask again for what is made anew each time, unless the cloud would not even look', async () => {
    const call = { ...CALL, answer: 'text', makes: true } as const;
    for (const answer of [refuse(500, 'InternalError'), lost()]) {
      const { read, limits } = caller([answer]);
      await errorOf(read(call, z.unknown()));
      assert.equal(limits.length, 1);
    }
    const script = { status: 200, body: undefined, text: 'wget x\r\n' };
    assert.equal(await caller([refuse(400, 'Throttling'), script]).read(call, z.string()), 'wget x\r\n');
  });

  it('connects again for a read or an order if the connection timed out, and not if it was refused', async () => {
    const parts = { address: 'https://ens.test', message: 'no connection within 5.0s', sent: false } as const;
    for (const makes of [false, true]) {
      const late = caller([new HttpError({ ...parts, kind: 'timeout' })]);
      assert.deepEqual(await late.read({ ...CALL, makes }, z.unknown()), { ok: true });
      const refused = caller([new HttpError({ ...parts, kind: 'unreachable', message: 'ECONNREFUSED' })]);
      assert.equal((await errorOf(refused.read({ ...CALL, makes }, z.unknown()))).code, 'CLOUD_UNREACHABLE');
      assert.equal(refused.limits.length, 1);
    }
    const late = caller([new HttpError({ ...parts, kind: 'timeout' })]);
    assert.deepEqual(await late.order(CALL), { ok: true });
  });

  it('gives up reads that go on failing, and does not repeat what the cloud refuses', async () => {
    const many = caller(Array.from({ length: 9 }, () => refuse(500, 'InternalError')));
    assert.equal((await errorOf(many.read(CALL, z.unknown()))).code, 'CLOUD_FAILED');
    assert.equal(many.limits.length, 4);
    const once = caller([refuse(404, 'InvalidInstance.NotFound')]);
    const error = await errorOf(once.read(CALL, z.unknown()));
    assert.equal(error.code, 'CLOUD_REFUSED');
    assert.equal(refusalOf(error), 'InvalidInstance.NotFound');
    assert.equal(once.limits.length, 1);
  });

  it('sends an order once, whatever becomes of it, and gives it more time', async () => {
    for (const answer of [refuse(400, 'Throttling'), refuse(500, 'InternalError'), lost()]) {
      const { order, limits } = caller([answer]);
      assert.ok(isPassing(await errorOf(order(CALL))));
      assert.deepEqual(limits, [60_000]);
    }
  });

  it('tells what a dry run would order, and orders nothing', async () => {
    const told: string[] = [];
    const { order, limits } = caller([], (action) => told.push(action));
    assert.equal(
      await order({ action: 'StopInstance', parameters: { InstanceId: 'i-1', Other: undefined } }),
      undefined,
    );
    assert.deepEqual([told, limits], [['StopInstance at ens.test: InstanceId i-1'], []]);
  });

  it('says with the words of the cloud what was refused, whom to ask, and ends with exit code 5', async () => {
    const cases = [
      [refuse(404, 'InvalidAccessKeyId.NotFound'), 'CLOUD_CREDENTIALS'],
      [refuse(403, 'Forbidden.RAM'), 'CLOUD_CREDENTIALS'],
      [refuse(400, 'InvalidTimeStamp.Expired'), 'CLOUD_CREDENTIALS'],
      [refuse(400, 'InvalidSecurityToken.Expired'), 'CLOUD_CREDENTIALS'],
      [refuse(400, 'SecurityTokenExpired'), 'CLOUD_CREDENTIALS'],
      [refuse(404, 'Forbidden.InstanceNotFound'), 'CLOUD_REFUSED'],
      [{ status: 404, body: { code: 'ErrorClusterNotFound', message: 'm', requestId: 'R1' } }, 'CLOUD_REFUSED'],
      [refuse(429, 'x'), 'CLOUD_THROTTLED'],
    ] as const;
    for (const [answer, code] of cases) {
      const error = await errorOf(caller([answer]).order(CALL));
      assert.equal(error.code, code, error.what);
      assert.equal(error.exit, 5);
      assert.match(error.message, /ens\.test refused Describe: \S+: m\nRequestId: R1/);
    }
  });

  it('advises to set the clock, or to get new temporary credentials, if the cloud says that this is the cause', async () => {
    const advice = async (code: string) => (await errorOf(caller([refuse(400, code)]).order(CALL))).next;
    assert.match(await advice('InvalidTimeStamp.Expired'), /^set the clock of this machine/);
    for (const code of ['InvalidSecurityToken.Expired', 'SecurityTokenExpired'])
      assert.match(await advice(code), /^get new temporary credentials/);
  });

  // Sources: the common errors of the gateway; the container service's notice of 2021 on stricter authentication.
  for (const [body, right] of [
    [{ Code: 'Forbidden.RAM', Message: 'User not authorized' }, 'cen:DescribeCens'],
    [{ code: 'ErrorX', message: 'RAM policy Forbidden for action cs:UpgradeCluster' }, 'cs:UpgradeCluster'],
  ] as const) {
    it(`names ${right} and the RAM policy to a user without this right`, async () => {
      const transport = { endpoint: 'cbn.test', send: async () => ({ status: 403, body }) };
      const error = await errorOf(cloudCaller(transport, { product: 'cbn' }).order({ action: 'DescribeCens' }));
      assert.equal(error.code, 'CLOUD_CREDENTIALS');
      assert.match(error.next, new RegExp(`^allow ${right} in a RAM policy .*docs/ram-policy\\.json`));
    });
  }

  it('keeps query strings out of errors: they carry keys and signatures', async () => {
    const url = 'https://ens.test/?AccessKeyId=LTAI1&Signature=abc';
    const error = await errorOf(caller([lost(true, `socket hang up, URL: ${url}`)]).order(CALL));
    assert.ok(!error.message.includes('Signature='), error.message);
    const told = { status: 400, body: { Code: 'C', Message: `see ${url}` } };
    assert.ok(!(await errorOf(caller([told]).order(CALL))).message.includes('LTAI1'));
  });

  it('knows a call that never left from one whose answer is lost', async () => {
    assert.equal((await errorOf(caller([lost(false)]).order(CALL))).code, 'CLOUD_UNREACHABLE');
    assert.equal((await errorOf(caller([lost(true)]).order(CALL))).code, 'CLOUD_NO_ANSWER');
  });

  it('stops asking when it is interrupted', async () => {
    const controller = new AbortController();
    const { read } = caller([refuse(500, 'InternalError')]);
    controller.abort(new Error('interrupted'));
    await assert.rejects(read({ ...CALL, signal: controller.signal }, z.unknown()), /interrupted/);
  });
});

describe('a caller by the official SDK', function () {
  this.timeout(10_000);

  it('calls the endpoint of the environment with its CA, and tells faults apart', async () => {
    const cloud = await emulatedCloud();
    seedInstance(cloud.store);
    const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const { join } = await import('node:path');
    const folder = await mkdtemp(join(tmpdir(), 'edgeadm-caller-'));
    await writeFile(join(folder, 'ca.crt'), cloud.ca);
    const credentials = { accessKeyId: cloud.account.accessKeyId, accessKeySecret: cloud.account.accessKeySecret };
    const open = (env: Record<string, string>) =>
      openCaller({ product: 'ens', region: 'ap-southeast-1', credentials, env, pauseMs: [0, 0] });
    try {
      const env = { EDGEADM_ENS_ENDPOINT: cloud.url, EDGEADM_CLOUD_CA: join(folder, 'ca.crt') };
      const { read, order } = await open(env);
      assert.partialDeepStrictEqual(await read({ action: 'DescribeInstances' }, z.unknown()), { TotalCount: 1 });
      addFault(cloud.store, { action: 'StopInstance', mode: 'timeout-after-effect', times: 1 });
      const stop = { action: 'StopInstance', parameters: { InstanceId: 'i-sandbox' } };
      assert.equal((await errorOf(order(stop))).code, 'CLOUD_NO_ANSWER');
      assert.equal(refusalOf(await errorOf(order(stop))), 'InvalidOperation.InvalidEnsStatus');
      const untrusting = await open({ EDGEADM_ENS_ENDPOINT: cloud.url });
      assert.equal((await errorOf(untrusting.order(stop))).code, 'CLOUD_UNREACHABLE');
    } finally {
      await rm(folder, { recursive: true });
      await cloud.close();
    }
  });

  it('lets a region that is none go nowhere, with an endpoint of its own too', async () => {
    for (const env of [{}, { EDGEADM_ENS_ENDPOINT: 'https://127.0.0.1:1' }]) {
      for (const region of ['cn hangzhou', 'evil.com#', '']) {
        const error = await errorOf(openCaller({ product: 'ens', region, env }));
        assert.equal(error.code, 'USAGE');
        assert.equal(error.what, '--region: must be a region such as cn-hangzhou');
      }
    }
  });

  for (const [product, region, host] of [
    ['cs', 'cn-hangzhou', 'cs.cn-hangzhou.aliyuncs.com'],
    ['cs', 'cn-edge-1', 'cs.aliyuncs.com'],
    ['ens', 'ap-southeast-1', 'ens.ap-southeast-1.aliyuncs.com'],
    ['ens', 'cn-hangzhou', 'ens.aliyuncs.com'],
    ['ens', 'cn-zhangjiakou', 'ens.aliyuncs.com'],
  ] as const) {
    it(`calls ${host} as ${product} of the region ${region}`, async () => {
      const credentials = { accessKeyId: 'a', accessKeySecret: 'b' };
      assert.equal((await openCaller({ product, region, credentials, env: {} })).endpoint, host);
    });
  }

  it('calls the same hosts as the SDK of the container service in each of its regions', async () => {
    const { default: sdk } = await import('@alicloud/cs20151215');
    const client = new sdk.default({ regionId: 'cn-hangzhou' } as ConstructorParameters<typeof sdk.default>[0]);
    const known = Object.entries(client._endpointMap);
    assert.ok(known.length > 60);
    for (const [region, host] of known) assert.equal(cloudHost('cs', region), host);
  });

  it('a caller by the official SDK speaks https only', async () => {
    const credentials = { accessKeyId: 'a', accessKeySecret: 'b' };
    for (const endpoint of ['http://127.0.0.1', 'https://x/path', 'https://x/#part', 'no host']) {
      const env = { EDGEADM_CS_ENDPOINT: endpoint };
      const error = await errorOf(openCaller({ product: 'cs', region: 'r', credentials, env }));
      assert.equal(error.code, 'USAGE', endpoint);
    }
  });
});
