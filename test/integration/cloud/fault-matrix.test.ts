import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { answerWith, type WireAnswer } from '../../../sandbox/cloud/fault-answers.ts';
import { FAULT_MODES, type FaultMode } from '../../../sandbox/cloud/faults.ts';
import { CloudFailure } from '../../../sandbox/cloud/service.ts';
import type { CsAction, Repeated } from '../../../src/cloud/actions/action.ts';
import { CS, type CsActionName } from '../../../src/cloud/actions/cs.ts';
import { ECS } from '../../../src/cloud/actions/ecs.ts';
import { ENS } from '../../../src/cloud/actions/ens.ts';
import { KMS } from '../../../src/cloud/actions/kms.ts';
import { CEN, QUOTAS, SLB, SMARTAG, VPC } from '../../../src/cloud/actions/networks.ts';
import { actionCaller, type CallAction } from '../../../src/cloud/call-action.ts';
import { openCaller } from '../../../src/cloud/caller.ts';
import { isAmbiguous } from '../../../src/cloud/errors.ts';
import type { CloudProduct } from '../../../src/config/cloud-hosts.ts';
import { EdgeadmError } from '../../../src/errors/index.ts';
import { type HostileServer, hostileServer } from '../../unit/cloud/hostile-server.ts';

const TRIES = 3;

interface Expected {
  /** Undefined: the order is taken for sent, since nothing is required of its answer. */
  readonly code: string | undefined;
  /** Whether a read is tried again. */
  readonly again: boolean;
  /** Whether it has to be looked up if an order took effect. */
  readonly lookUp: boolean;
}

const throttled: Expected = { code: 'CLOUD_THROTTLED', again: true, lookUp: false };
const failed: Expected = { code: 'CLOUD_FAILED', again: true, lookUp: true };
const noAnswer: Expected = { code: 'CLOUD_NO_ANSWER', again: true, lookUp: true };
const invalid: Expected = { code: 'CLOUD_ANSWER_INVALID', again: false, lookUp: true };

/** What each fault is to every call. `slow` is none. */
const EXPECTED: Readonly<Record<Exclude<FaultMode, 'slow'>, Expected>> = {
  'timeout-after-effect': noAnswer,
  'timeout-before': noAnswer,
  '500': failed,
  unavailable: throttled,
  throttle: throttled,
  'qps-limit': throttled,
  'rejected-throttling': throttled,
  forbidden: { code: 'CLOUD_CREDENTIALS', again: false, lookUp: false },
  'business-code': failed,
  'backend-error': failed,
  'html-502': failed,
  redirect: invalid,
  'switch-protocols': invalid,
  truncated: invalid,
  empty: invalid,
};

const RPC: readonly (readonly [product: CloudProduct, actions: Readonly<Record<string, Repeated>>])[] = [
  ['ens', ENS],
  ['ecs', ECS],
  ['vpc', VPC],
  ['slb', SLB],
  ['cbn', CEN],
  ['smartag', SMARTAG],
  ['quotas', QUOTAS],
  ['kms', KMS],
];

const ACTIONS = [CS, ...RPC.map(([, actions]) => actions)].flatMap(Object.keys).length;

interface Call {
  readonly repeated: Repeated;
  readonly isText: boolean;
  readonly send: () => Promise<unknown>;
}

describe('every call of the cloud', function () {
  this.timeout(120_000);
  let server: HostileServer;
  let folder = '';
  const calls = new Map<string, Call>();

  before(async () => {
    server = await hostileServer(() => {});
    folder = await mkdtemp(join(tmpdir(), 'edgeadm-faults-'));
    await writeFile(join(folder, 'ca.crt'), server.ca);
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const opened = (product: CloudProduct) =>
    openCaller({
      product,
      region: 'cn-hangzhou',
      credentials: { accessKeyId: 'LTAI5tTest', accessKeySecret: 'secretOfTheTest' },
      tries: TRIES,
      pauseMs: [0, 0],
      env: {
        [`EDGEADM_${product.toUpperCase()}_ENDPOINT`]: `https://${server.host}`,
        EDGEADM_CLOUD_CA: join(folder, 'ca.crt'),
      },
    });

  async function openCalls(): Promise<void> {
    const call = actionCaller(await opened('cs'));
    for (const [name, row] of Object.entries(CS) as [CsActionName, CsAction][])
      calls.set(`cs:${name}`, {
        repeated: row.repeated,
        isText: row.isText === true,
        send: () => call(name, given(row) as Parameters<CallAction>[1]),
      });
    for (const [product, actions] of RPC) {
      const caller = await opened(product);
      for (const [action, repeated] of Object.entries(actions))
        calls.set(`${product}:${action}`, {
          repeated,
          isText: false,
          send: () => (repeated === 'none' ? caller.read({ action }, z.object({})) : caller.order({ action })),
        });
    }
  }

  for (const [mode, expected] of Object.entries(EXPECTED) as [keyof typeof EXPECTED, Expected][]) {
    it(`every call of the cloud ends as ${expected.code} if ${FAULT_MODES[mode]}`, async () => {
      server.misdeed = (response) =>
        void answers(mode).then((answer) => {
          if (answer) response.writeHead(answer.status, answer.headers).end(answer.text);
          else response.socket?.destroy();
        });
      // A read over a connection that was kept is sent once more without counting: each fault meets fresh ones.
      await openCalls();
      assert.equal(calls.size, ACTIONS);
      for (const [name, call] of calls) await endsAs(name, call, mode, expected);
    });
  }

  async function endsAs(name: string, { repeated, isText, send }: Call, mode: FaultMode, expected: Expected) {
    const before = server.requests.length;
    const error = await send().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const sent = server.requests.length - before;
    const isRead = repeated === 'none';
    // Half a text is a text, and nothing is required of the answer of an order.
    const isTaken = (mode === 'truncated' && isText) || (mode === 'empty' && !isRead && !isText);
    if (isTaken) return assert.deepEqual([error, sent], [undefined, 1], name);
    assert.ok(error instanceof EdgeadmError, `${name}: ${String(error)}`);
    assert.equal(error.code, expected.code, `${name}: ${error.message}`);
    assert.ok(error.message.includes(name.replace(/.*:/, '')), `${name} is named in: ${error.message}`);
    assert.doesNotMatch(error.message, /secretOfTheTest|Signature/);
    // What makes a token is tried again only if it was refused as one call too many: that made none.
    const again = isRead ? expected.again : isText && expected === throttled;
    assert.equal(sent, again ? TRIES : 1, name);
    if (!isRead) assert.equal(isAmbiguous(error), expected.lookUp, name);
  }
});

/** A value for each name in the path, and a body if one is needed. */
function given({ path, method }: CsAction): object {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, 'x1']);
  return { ...Object.fromEntries(names), ...(method === 'GET' ? {} : { body: {} }) };
}

/** What the front of the emulated cloud answers with a fault. */
async function answers(mode: FaultMode): Promise<WireAnswer | undefined> {
  const fine: WireAnswer = { status: 200, headers: {}, text: JSON.stringify({ task_id: 'T-1', RequestId: 'R-1' }) };
  return answerWith(mode, async () => fine).catch((thrown: unknown) => {
    assert.ok(thrown instanceof CloudFailure);
    const { status, code, message } = thrown;
    return {
      status,
      headers: {},
      text: JSON.stringify({ RequestId: 'R-1', HostId: 'h', Code: code, Message: message }),
    };
  });
}
