import assert from 'node:assert/strict';
import { type HostOutcome, onHosts } from '../../../src/cli/hosts.ts';
import { EdgeadmError, type ErrorCode } from '../../../src/errors/index.ts';
import type { Machine } from '../../../src/host/machine.ts';
import type { Target } from '../../../src/host/targets.ts';
import type { HostResult } from '../../../src/output/renderer.ts';

type Behaviour = ErrorCode | 'done' | 'hangs' | 'cannot be opened';

const close = async (): Promise<void> => {};

/** Runs a command on hosts that behave as told. */
async function run(
  behaviours: readonly Behaviour[],
  { signal, over }: { signal?: AbortSignal; over?: AbortSignal } = {},
) {
  const closed: string[] = [];
  const told: HostResult[] = [];
  const never = new AbortController().signal;
  const targets = behaviours.map(
    (behaviour, index): Target => ({
      label: `host${index}`,
      overrides: {},
      open: async () => {
        if (behaviour === 'cannot be opened') throw new EdgeadmError({ code: 'HOST_UNREACHABLE', what: 'no answer' });
        return { name: `host${index}`, close: async () => void closed.push(`host${index}`) } as unknown as Machine;
      },
    }),
  );
  const work = async (_machine: Machine, { label }: Target): Promise<HostOutcome> => {
    const behaviour = behaviours[Number(label.slice(4))] as Behaviour;
    if (behaviour === 'hangs') return new Promise(() => {});
    if (behaviour !== 'done') throw new EdgeadmError({ code: behaviour as ErrorCode, what: `failed on ${label}` });
    return { outcome: 'joined' };
  };
  const output = { hostDone: (result: HostResult) => void told.push(result) };
  const options = { command: 'join', concurrency: 2, signal: signal ?? never, over: over ?? never, output };
  return { result: await onHosts(targets, options, work), closed, told };
}

describe('A command on several hosts', () => {
  const rows: [name: string, behaviours: Behaviour[], code: ErrorCode | undefined, exit: number][] = [
    ['succeeds if all do', ['done', 'done'], undefined, 0],
    ['ends with the error of its only host', ['KUBELET_FAILED'], 'KUBELET_FAILED', 1],
    ['ends with 6 if some but not all hosts failed', ['done', 'KUBELET_FAILED', 'done'], 'SOME_HOSTS_FAILED', 6],
    ['ends with the error that all hosts share', ['NOT_PRIVILEGED', 'NOT_PRIVILEGED'], 'NOT_PRIVILEGED', 3],
    ['ends with 1 if all failed for different reasons', ['NOT_PRIVILEGED', 'KUBELET_FAILED'], 'ALL_HOSTS_FAILED', 1],
    ['ends with 130 if it was interrupted on one', ['done', 'INTERRUPTED'], 'INTERRUPTED', 130],
    ['works on the other hosts if one cannot be reached', ['cannot be opened', 'done'], 'SOME_HOSTS_FAILED', 6],
  ];
  for (const [name, behaviours, code, exit] of rows) {
    it(name, async () => {
      const { result, told } = await run(behaviours);
      assert.equal(result.error?.code, code);
      assert.equal(result.error?.exit ?? 0, exit);
      assert.equal(result.ok, code === undefined);
      assert.deepEqual(
        result.hosts.map(({ host }) => host),
        behaviours.map((_, index) => `host${index}`),
      );
      assert.equal(told.length, behaviours.length);
    });
  }

  const aims: [flag: Target['flag'], next: string][] = [
    [undefined, 'edgeadm reset, then run the same command again'],
    [['--root', '/srv/edge 1'], "edgeadm reset --root '/srv/edge 1', then run the same command again"],
    [['--host', 'root@10.0.0.5:2222'], 'edgeadm reset --host root@10.0.0.5:2222, then run the same command again'],
  ];
  for (const [flag, next] of aims) {
    it(`advice that can be pasted names the machine that it is for: ${flag?.join(' ') ?? 'this machine'}`, async () => {
      const target: Target = {
        label: 'edge1',
        flag,
        overrides: {},
        open: async () => ({ close }) as unknown as Machine,
      };
      const work = async (): Promise<HostOutcome> => {
        const advice = 'edgeadm reset, then run the same command again';
        throw new EdgeadmError({ code: 'ALREADY_JOINED', what: 'the node is joined', next: advice });
      };
      const { signal } = new AbortController();
      const options = { command: 'join', concurrency: 1, signal, over: signal, output: { hostDone: () => {} } };
      assert.equal((await onHosts([target], options, work)).error?.next, next);
    });
  }

  it('a Windows node is spoken of in words of Windows: its programs, services and paths', async () => {
    const nativePath = (path: string) => `C:${path.replaceAll('/', '\\')}`;
    const open = async () => ({ close, nativePath }) as unknown as Machine;
    const work = async (): Promise<HostOutcome> => {
      throw new EdgeadmError({ code: 'KUBELET_FAILED', what: 'kubelet.service ends: /etc/kubernetes/pki is empty' });
    };
    const { signal } = new AbortController();
    const options = { command: 'join', concurrency: 1, signal, over: signal, output: { hostDone: () => {} } };
    const { error } = await onHosts([{ label: 'win1', overrides: {}, open }], options, work);
    assert.equal(error?.what, 'service kubelet ends: C:\\etc\\kubernetes\\pki is empty');
    assert.match(error?.next ?? '', /^Run `Get-Service kubelet; Get-ChildItem C:\\var\\log\\kubelet \| [^`]*`\.$/);
  });

  it('a Linux node is not spoken of in words of Windows', async () => {
    const open = async () => ({ close }) as unknown as Machine;
    const work = async (): Promise<HostOutcome> => {
      throw new EdgeadmError({ code: 'KUBELET_FAILED', what: 'kubelet.service ends' });
    };
    const { signal } = new AbortController();
    const options = { command: 'join', concurrency: 1, signal, over: signal, output: { hostDone: () => {} } };
    const { error } = await onHosts([{ label: 'edge1', overrides: {}, open }], options, work);
    assert.equal(error?.next, 'Run `systemctl status kubelet; journalctl -u kubelet`.');
  });

  it('closes every machine that was opened, of failed hosts as well', async () => {
    const { closed } = await run(['done', 'KUBELET_FAILED', 'cannot be opened']);
    assert.deepEqual(closed.sort(), ['host0', 'host1']);
  });

  it('begins no other host once it was interrupted', async () => {
    const { result, closed } = await run(['done', 'done'], {
      signal: AbortSignal.abort(new Error('interrupted by SIGINT')),
    });
    assert.deepEqual(closed, []);
    assert.equal(result.error?.exit, 130);
    assert.match(result.error?.why ?? '', /before this host was started/);
  });

  it('leaves a host that does not stop, and reports the others as they ended', async () => {
    const over = new AbortController();
    const running = run(['hangs', 'done', 'done'], { over: over.signal });
    setImmediate(() => over.abort(new EdgeadmError({ code: 'TIMEOUT', what: 'the command did not end within 5.0s' })));
    const { result } = await running;
    assert.deepEqual(
      result.hosts.map(({ error }) => error?.code),
      ['TIMEOUT', undefined, undefined],
    );
    assert.match(result.hosts[0]?.error?.why ?? '', /the work on host0 did not stop, and was abandoned/);
    assert.equal(result.error?.exit, 6);
  });
});
