import assert from 'node:assert/strict';
import { EdgeadmError, EXIT } from '../../../../src/errors/index.ts';
import { pass, type Verdict } from '../../../../src/phases/preflight/check.ts';
import { PREFLIGHT_CHECKS } from '../../../../src/phases/preflight/checks.ts';
import { describeVerdict, preflightError } from '../../../../src/phases/preflight/failure.ts';
import { judgeChecks, runChecks } from '../../../../src/phases/preflight/run-checks.ts';
import type { PhaseLog } from '../../../../src/workflow/events.ts';
import { skippingClock } from '../../test-clock.ts';
import { type Case, contextOf } from './context.ts';

const errorOf = async (given: Case) => preflightError(await judgeChecks(await contextOf(given)));
const failing = async (given: Case) => {
  const verdicts = await judgeChecks(await contextOf(given));
  return verdicts.filter(({ status }) => status === 'error').map(({ check }) => check);
};

/** Names that scripts rely on. */
const NAMES = [
  ...['IsPrivilegedUser', 'OSSupported', 'KernelSupported', 'ArchSupported', 'ClusterVersion', 'NumCPU', 'Mem', 'Disk'],
  ...['Swap', 'Hostname', 'NodeName', 'NodeExists', 'Port-10250', 'Port-10255', 'Port-10248', 'Port-10261'],
  ...['Port-10266', 'Port-10267', 'Port-10268', 'FileAvailable--etc-kubernetes-kubelet.conf'],
  ...['DirAvailable--etc-kubernetes-manifests', 'KernelFeature-overlay', 'KernelFeature-br_netfilter'],
  ...['KernelFeature-vxlan', 'KernelFeature-iptable_nat', 'SystemVerification(cgroups)', 'Runtime', 'CRI', 'NodeIface'],
  ...['CIDRConflict', 'Nameserver', 'TimeSync', 'APIServer', 'CAHash', 'Token', 'CNIConflict', 'GPU', 'SELinux'],
  ...['Firewall(8472/udp)', 'CloudEndpoints'],
];

const SWAP_ON = 'Filename\tType\tSize\tUsed\tPriority\n/swapfile file 2097148 0 -2\n';
const LISTENING_KUBELET = `  sl  local_address rem_address   st
   0: 00000000:280A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1060 1
   1: 00000000:280F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1061 1
`;

describe('the preflight as a whole', () => {
  it('the preflight as a whole has every check under its stable name, once', () => {
    const names = PREFLIGHT_CHECKS.map(({ name }) => name);
    assert.deepEqual(
      NAMES.filter((name) => !names.includes(name)),
      [],
    );
    assert.equal(new Set(names).size, names.length);
  });

  it('lets a fit node pass without an error or a warning, and changes nothing on it', async () => {
    const context = await contextOf({});
    const verdicts = await judgeChecks(context);
    assert.deepEqual(
      verdicts.filter(({ status }) => status === 'error' || status === 'warning'),
      [],
    );
    assert.equal(preflightError(verdicts), undefined);
    assert.deepEqual(context.host.changes, []);
  });

  it('loads no kernel module, looks no name up and runs nothing but programs that ask', async () => {
    const context = await contextOf({});
    await judgeChecks(context);
    const programs = new Set(context.host.queries.map((line) => line.split(' ').slice(0, 2).join(' ')));
    assert.deepEqual([...programs].sort(), ['containerd config', 'df -P', 'ip rule', 'sh -c', 'systemctl is-active']);
  });

  it('names what was not asked because something before it failed', async () => {
    const verdicts = await judgeChecks(await contextOf({ cluster: 'down' }));
    const skipped = new Map(verdicts.filter(({ status }) => status === 'skipped').map((one) => [one.check, one.found]));
    assert.equal(skipped.get('Token'), 'APIServer failed');
    assert.equal(skipped.get('CAHash'), 'APIServer failed');
    assert.equal(skipped.get('NodeExists'), 'CAHash was skipped: APIServer failed');
    assert.equal(skipped.get('CIDRConflict'), 'CAHash was skipped: APIServer failed');
  });

  it('runs all checks side by side: each that needs no other has begun before the first one ends', async () => {
    const alone = PREFLIGHT_CHECKS.filter(({ needs }) => !needs?.length);
    let begun = 0;
    const { promise: all, resolve } = Promise.withResolvers<void>();
    const waiting = alone.map((check) => ({
      ...check,
      run: () => {
        begun++;
        if (begun === alone.length) resolve();
        return all.then(() => pass());
      },
    }));
    const verdicts = await judgeChecks(await contextOf({}), waiting);
    assert.deepEqual(new Set(verdicts.map(({ status }) => status)), new Set(['ok']));
  });

  it('says how long each check took', async () => {
    const [swap] = PREFLIGHT_CHECKS.filter(({ name }) => name === 'Swap');
    assert.ok(swap);
    const clock = skippingClock();
    const slow = { ...swap, run: () => clock.sleep(1500).then(() => pass()) };
    const [verdict] = await judgeChecks(await contextOf({}), [slow], clock);
    assert.equal(verdict?.durationMs, 1500);
  });

  it('asks a question that many checks have once', async () => {
    const context = await contextOf({
      machine: { commands: { ss: '' }, files: { '/proc/net/tcp': LISTENING_KUBELET } },
    });
    await judgeChecks(context);
    assert.equal(context.host.queries.filter((line) => line.startsWith('ss ')).length, 1);
  });

  it('judges a scratch root without running a program', async () => {
    const context = await contextOf({
      machine: { runsPrograms: false, facts: { uid: 1000, cpus: 0, memoryBytes: 0 } },
    });
    const verdicts = await judgeChecks(context);
    assert.deepEqual(context.host.queries, []);
    assert.deepEqual(
      verdicts.filter(({ status }) => status === 'error'),
      [],
    );
  });

  it('ends at once when it is interrupted', async () => {
    const context = { ...(await contextOf({})), signal: AbortSignal.abort(new Error('interrupted')) };
    await assert.rejects(judgeChecks(context), /interrupted/);
  });
});

describe('what a failed preflight ends with', () => {
  it('a check of the node: exit 3', async () => {
    const error = await errorOf({ machine: { files: { '/proc/swaps': SWAP_ON } } });
    assert.equal(error?.code, 'PREFLIGHT_FAILED');
    assert.equal(error.exit, EXIT.node);
    assert.match(error.message, /Swap.*\/swapfile/s);
    assert.match(error.next, /swapoff -a/);
  });

  it('one check of the cluster: its own code, with the evidence and exit 4', async () => {
    const error = await errorOf({ spec: { token: 'fedcba.0123456789abcdef' } });
    assert.equal(error?.code, 'TOKEN_UNKNOWN_OR_EXPIRED');
    assert.equal(error.exit, EXIT.cluster);
  });

  it('node and cluster both at fault: exit 3, and all of them are told', async () => {
    const given: Case = { spec: { token: 'fedcba.0123456789abcdef' }, machine: { files: { '/proc/swaps': SWAP_ON } } };
    const error = await errorOf(given);
    assert.equal(error?.code, 'PREFLIGHT_FAILED');
    assert.match(error.why ?? '', /\[ERROR Swap\]/);
    assert.match(error.why ?? '', /\[ERROR Token\]/);
  });

  it('the secret of the token stands in no verdict', async () => {
    const token = 'fedcba.thisissosecret01';
    const verdicts = await judgeChecks(await contextOf({ spec: { token } }));
    assert.doesNotMatch(JSON.stringify(verdicts), /thisissosecret01/);
  });

  it('several checks that stumble over the same: that code, told once with its own remedy', async () => {
    const bundle = async () => {
      const [what, why, next] = ['the bundle is damaged', 'kubelet: sum differs', 'fetch it again'];
      throw new EdgeadmError({ code: 'BUNDLE_INVALID', what, why, next });
    };
    const error = await errorOf({ node: { bundle, kubeletVersion: bundle }, spec: { bundle: '/tmp/bundle' } });
    assert.equal(error?.code, 'BUNDLE_INVALID');
    assert.match(error.what, /ArchSupported, ClusterVersion/);
    assert.equal(error.why, 'the bundle is damaged: kubelet: sum differs');
    assert.equal(error.next, 'fetch it again');
  });

  it('checks that stop at the same read of the cluster say its error once', async () => {
    const denied = new EdgeadmError({ code: 'API_ERROR', what: 'cluster-info cannot be read' });
    const read = async () => {
      throw denied;
    };
    const context = await contextOf({});
    const cluster = { ...context.cluster, trusted: read, verifyToken: read };
    const verdicts = await judgeChecks({ ...context, cluster });
    const said = verdicts.filter(({ found }) => found?.includes('cluster-info cannot be read'));
    assert.deepEqual(
      said.map(({ check }) => check),
      ['CAHash'],
    );
    const token = verdicts.find(({ check }) => check === 'Token');
    assert.deepEqual([token?.status, token?.found], ['skipped', 'CAHash failed']);
  });

  it('several checks of one code are answered by the remedy beside each, not by that of the code', async () => {
    const verdict = (check: string, remedy: string) =>
      ({
        check,
        concerns: 'cluster',
        status: 'error',
        found: check,
        remedy,
        code: 'API_ERROR',
        durationMs: 0,
      }) as const;
    const error = preflightError([verdict('A', 'Edit a.'), verdict('B', 'Edit b.')]);
    assert.equal(error?.code, 'API_ERROR');
    assert.match(error.next, /^Fix the reported problems\./);
  });

  it('a check that only warns does not repeat the error of another in its own name', async () => {
    const run = async () => {
      throw new EdgeadmError({ code: 'TOKEN_INVALID', what: 'the token is wrong' });
    };
    const check = { concerns: 'cluster', about: '', remedy: 'Copy it again.', run } as const;
    const [token, autonomy] = await judgeChecks(await contextOf({}), [
      { ...check, name: 'Token', severity: 'error' },
      { ...check, name: 'OfflineAutonomy', severity: 'warning' },
    ]);
    assert.deepEqual([token?.status, token?.found], ['error', 'the token is wrong']);
    assert.deepEqual([autonomy?.status, autonomy?.found], ['skipped', 'Token failed']);
  });

  it('a program of the node that fails does not give its exit code to the preflight', async () => {
    const broken = new EdgeadmError({ code: 'COMMAND_FAILED', what: 'ip failed', why: 'no such file' });
    const error = await errorOf({ node: { address: () => Promise.reject(broken) } });
    assert.equal(error?.exit, EXIT.node);
  });
});

describe('--ignore-preflight-errors', () => {
  const swapOn: Case['machine'] = { files: { '/proc/swaps': SWAP_ON } };

  it('makes a warning of the error named, in any case of letters', async () => {
    assert.deepEqual(await failing({ machine: swapOn }), ['Swap']);
    assert.deepEqual(await failing({ machine: swapOn, spec: { ignorePreflightErrors: ['sWAP'] } }), []);
    const verdicts = await judgeChecks(await contextOf({ machine: swapOn, spec: { ignorePreflightErrors: ['swap'] } }));
    const verdict = verdicts.find(({ check }) => check === 'Swap');
    assert.equal(verdict?.status, 'warning');
    assert.equal(verdict.ignored, true);
  });

  it('--ignore-preflight-errors leaves one line of a check that failed: what it says, and that it is ignored', () => {
    const head = { check: 'OSSupported', concerns: 'node', durationMs: 0 } as const;
    const verdict = {
      ...head,
      status: 'warning',
      ignored: true,
      found: 'not in the matrix\nfound  x',
      remedy: 'Use y.',
    };
    assert.deepEqual(describeVerdict(verdict as Verdict).split('\n'), [
      '[WARNING OSSupported]: not in the matrix (ignored by --ignore-preflight-errors)',
    ]);
  });

  it('all: of every error', async () => {
    const machine: Case['machine'] = { ...swapOn, facts: { arch: 'riscv64', uid: 1000 } };
    assert.deepEqual(await failing({ machine, cluster: 'down', spec: { ignorePreflightErrors: ['all'] } }), []);
  });

  it("takes kubeadm's SystemVerification for SystemVerification(cgroups)", async () => {
    const machine: Case['machine'] = { files: { '/sys/fs/cgroup/cgroup.controllers': 'cpu memory\n' } };
    assert.deepEqual(await failing({ machine }), ['SystemVerification(cgroups)']);
    assert.deepEqual(await failing({ machine, spec: { ignorePreflightErrors: ['SystemVerification'] } }), []);
  });

  it('ignores the check that looks at what a check of kubeadm looks at', async () => {
    const kubeadms = ['FileContent--proc-sys-net-bridge-bridge-nf-call-iptables'];
    const machine: Case['machine'] = { files: { '/lib/modules/5.4.0-100-generic/modules.builtin': '' } };
    const failed = await failing({ machine });
    const left = await failing({ machine, spec: { ignorePreflightErrors: kubeadms } });
    assert.deepEqual(
      failed.filter((name) => !left.includes(name)),
      failed.filter((name) => /br_netfilter/.test(name)),
    );
  });

  it('leaves other errors as they are', async () => {
    assert.deepEqual(await failing({ machine: swapOn, spec: { ignorePreflightErrors: ['Mem'] } }), ['Swap']);
  });
});

describe('the preflight of a join', () => {
  it('tells warnings and throws the error', async () => {
    const warnings: string[] = [];
    const log: PhaseLog = { info() {}, vendor() {}, debug() {}, progress() {}, warning: (text) => warnings.push(text) };
    const machine: Case['machine'] = { facts: { cpus: 1 }, files: { '/proc/swaps': SWAP_ON } };
    await assert.rejects(runChecks({ ...(await contextOf({ machine })), log }), { code: 'PREFLIGHT_FAILED' });
    assert.match(warnings.join('\n'), /\[WARNING NumCPU\]: found 1, recommended 2/);
  });
});
