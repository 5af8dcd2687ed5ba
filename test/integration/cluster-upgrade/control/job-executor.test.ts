import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import fc from 'fast-check';
import { ensureController } from '../../../../src/cluster-upgrade/cluster/controller-job.ts';
import { controllerJob, nodeJob } from '../../../../src/cluster-upgrade/cluster/job-manifests.ts';
import { failedPods, listJobs, nodeJobName } from '../../../../src/cluster-upgrade/cluster/jobs.ts';
import { ensureNamespace } from '../../../../src/cluster-upgrade/cluster/objects.ts';
import { continueUpgrade } from '../../../../src/cluster-upgrade/control/actions.ts';
import { jobExecutor } from '../../../../src/cluster-upgrade/control/job-executor.ts';
import type { NodeRecord } from '../../../../src/cluster-upgrade/plan/plan.ts';
import { EdgeadmError } from '../../../../src/errors/index.ts';
import { terminationMessage } from '../../../../src/errors/termination-message.ts';
import type { ApiClient } from '../../../../src/kubernetes/api/client.ts';
import {
  SPEC,
  startController,
  stateOf,
  type UpgradeBed,
  until,
  upgradeBed,
} from '../../../unit/cluster-upgrade/upgrade-bed.ts';
import { flowingClock } from '../../../unit/test-clock.ts';

const JOBS = '/apis/batch/v1/namespaces/kube-upgrade/jobs';
const PODS = '/api/v1/namespaces/kube-upgrade/pods';
const { signal } = new AbortController();

const record = (name: string, batch = 1, started = 1000): NodeRecord =>
  ({ name, batch, started, state: 'running' }) as NodeRecord;
const imageOf = (job: V1Job): string | undefined => job.spec?.template.spec?.containers[0]?.image;

describe('a Job that upgrades a node', function () {
  this.timeout(20_000);
  let bed: UpgradeBed;
  let ends: (() => Promise<void>)[];
  beforeEach(async () => {
    bed = await upgradeBed();
    await ensureNamespace(bed.client);
    ends = [];
  });
  afterEach(async () => {
    for (const end of ends) await end();
    await bed.end();
  });

  const run = (options: Partial<Parameters<typeof jobController>[1]> = {}) => {
    const controller = jobController(bed.connect(), { verdict: () => undefined, ...options });
    ends.push(controller.stop);
    return controller;
  };
  const upgrade = (node: NodeRecord, spec = SPEC): Promise<void> => jobExecutor(bed.client, spec).upgrade(node, signal);

  it('runs once on its node and is removed when it is done', async () => {
    const { ran } = run();
    await upgrade(record('edge-1'));
    assert.deepEqual(
      ran.map(({ node }) => node),
      ['edge-1'],
    );
    assert.deepEqual(await listJobs(bed.client), []);
  });

  it('a Job that upgrades a node is taken over by a controller that continues after another one', async () => {
    const jobs = run({ hold: 1 });
    const stop = new AbortController();
    const first = jobExecutor(bed.connect(), SPEC).upgrade(record('edge-1'), stop.signal);
    await until(() => jobs.ran.length === 1, 'it runs');
    stop.abort(new Error('killed'));
    await assert.rejects(first, /killed/);
    const second = upgrade(record('edge-1'));
    jobs.held = 0;
    await second;
    assert.equal(jobs.ran.length, 1);
  });

  it('a Job that upgrades a node is not mistaken for one that an earlier upgrade left behind, done or failed', async () => {
    const { ran } = run({ verdict: ({ tries }) => (tries === 1 ? 'error: the disk is full' : undefined) });
    await assert.rejects(upgrade(record('edge-1', 1, 1000)), /the disk is full/);
    assert.equal((await listJobs(bed.client)).length, 1, 'its log can be read');
    await upgrade(record('edge-1', 2, 1010), { ...SPEC, image: 'example.com/mended:2' });
    assert.deepEqual(
      ran.map(({ image }) => image),
      [SPEC.image, 'example.com/mended:2'],
    );
  });

  it('waits until the pod of an earlier one has ended: never two on one node', async () => {
    const jobs = run({ lingers: 30, verdict: () => undefined, hold: 1 });
    const name = nodeJobName('edge-1');
    await bed.client.create(JOBS, nodeJob(name, record('edge-1', 1), SPEC));
    await until(() => jobs.ran.length === 1, 'the first runs');
    await bed.client.delete(`${JOBS}/${name}`);
    await upgrade(record('edge-1', 2));
    assert.equal(jobs.ran.length, 2);
    assert.equal(jobs.together, 1);
  });

  it('fails its node with what edgeadm printed there', async () => {
    const reported = new EdgeadmError({ code: 'UPGRADE_RECOVERED', what: 'the kubelet failed', why: 'exit code 1' });
    run({ verdict: () => terminationMessage(reported) });
    await assert.rejects(upgrade(record('edge-1')), (error: EdgeadmError) => {
      assert.equal(error.code, 'UPGRADE_NODE_FAILED');
      assert.equal(error.what, 'node edge-1 was not upgraded');
      assert.match(error.why ?? '', /^the kubelet failed\n {2}exit code 1\nnext: .*\n\(UPGRADE_RECOVERED\)$/);
      assert.equal((error.cause as EdgeadmError).code, 'UPGRADE_RECOVERED');
      return true;
    });
    const [failed] = await failedPods(bed.client);
    assert.match(failed?.log ?? '', /^error: the kubelet failed\n/);
  });

  it('a Job that upgrades a node and is killed shows the end of its log, without a code that was not reported', async () => {
    run({ verdict: () => 'I0410 x] [restart] error: (UPGRADE_RECOVERED)\nKilled' });
    await assert.rejects(upgrade(record('edge-1')), (error: EdgeadmError) => {
      assert.match(error.why ?? '', /Killed$/);
      assert.equal(error.cause, undefined);
      return true;
    });
  });

  it('a Job that upgrades a node hands the error of edgeadm to the kubelet, through the file that its variable names', () => {
    const root = mkdtempSync(join(tmpdir(), 'edgeadm-job-'));
    try {
      const [container] = (nodeJob('job', record('edge-1'), SPEC) as V1Job).spec?.template.spec?.containers ?? [];
      const [shell = '', flag = '', script = ''] = container?.command ?? [];
      const named = container?.env?.find(({ name }) => name === 'EDGEADM_TERMINATION_MESSAGE')?.value ?? '';
      // The image's root is seen below the mount point; here the two are folders.
      assert.match(named, /^\/run\/edgeadm-upgrade\//);
      const inImage = named.replace('/run/edgeadm-upgrade', '');
      const told = script
        .replaceAll(inImage, join(root, inImage))
        .replaceAll('/dev/termination-log', join(root, 'termination-log'))
        .replace(/^(mkdir|mount|umount|rmdir) .*$/gm, ':')
        .replace(/^chroot .* &$/m, `sh -c 'echo told >"${join(root, inImage)}"; exit 3' &`);
      const { status } = spawnSync(shell, [flag, told, 'upgrade-node', 'upgrade']);
      assert.equal(status, 3);
      assert.equal(readFileSync(join(root, 'termination-log'), 'utf8'), 'told\n');
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('fails its node if it is deleted', async () => {
    const jobs = run({ hold: 1 });
    const ended = upgrade(record('edge-1'));
    await until(() => jobs.ran.length === 1, 'it runs');
    await bed.client.delete(`${JOBS}/${nodeJobName('edge-1')}`);
    await assert.rejects(ended, /its Job was deleted/);
  });

  it('a Job that upgrades a node is made and looked after though the API server goes away in between', async () => {
    const jobs = run({ hold: 1 });
    await bed.down();
    const clock = flowingClock();
    const looks = clock.sleptAgain(2);
    const ended = jobExecutor(bed.client, SPEC, clock).upgrade(record('edge-1'), signal);
    await looks;
    await bed.up();
    await until(() => jobs.ran.length === 1, 'it runs');
    await bed.down();
    await clock.sleptAgain(2);
    await bed.up();
    jobs.held = 0;
    await ended;
    assert.equal(jobs.ran.length, 1);
  });

  it('upgrades a cluster: failed once, continued with another image, and done', async () => {
    await bed.addNodes(['edge-1', 'edge-2']);
    await bed.begin(['edge-1', 'edge-2']);
    const jobs = run({ verdict: ({ node, tries }) => (node === 'edge-2' && tries === 1 ? 'error: no' : undefined) });
    const executor = { upgrade: async () => {} };
    const byJobs = async () => {
      const { spec } = await bed.store.need();
      return startController(bed.client, { ...executor, upgrade: jobExecutor(bed.client, spec).upgrade }).ended;
    };
    assert.equal(stateOf(await byJobs(), 'edge-2'), 'failed');
    await continueUpgrade(bed.client, { image: 'example.com/mended:2' });
    assert.equal((await byJobs()).progress.phase, 'Completed');
    assert.deepEqual(
      jobs.ran.map(({ node, image }) => `${node} ${image}`),
      [`edge-1 ${SPEC.image}`, `edge-2 ${SPEC.image}`, 'edge-2 example.com/mended:2'],
    );
  });

  it('a Job that upgrades a node has a name that is valid and its own, whatever the node is called', () => {
    const part = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/);
    const nodeName = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.'));
    const valid = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
    fc.assert(
      fc.property(nodeName, nodeName, (one, other) => {
        const name = nodeJobName(one);
        assert.match(name, valid);
        assert.ok(name.length <= 63);
        assert.equal(name === nodeJobName(other), one === other);
      }),
    );
    const [long, longer] = ['a'.repeat(60), `${'a'.repeat(60)}.b`];
    assert.notEqual(nodeJobName(long), nodeJobName(longer));
  });

  it('uses the bundle that was asked for, else that of its image', () => {
    const args = (bundle?: string): string => {
      const job = nodeJob('job', record('edge-1'), { ...SPEC, bundle }) as V1Job;
      const [shell = '', flag = '', script = ''] = job.spec?.template.spec?.containers[0]?.command ?? [];
      const told = script
        .replace('/bundle/bundle.yaml', '/etc/hostname')
        .replace(/^(mkdir|mount|umount|rmdir) .*$/gm, ':')
        .replace(/^chroot \S+ \S+/m, 'echo');
      const words = job.spec?.template.spec?.containers[0]?.args ?? [];
      return execFileSync(shell, [flag, told, 'upgrade-node', ...words], { encoding: 'utf8' }).trim();
    };
    const line = 'upgrade --kubelet-version v1.20.3 --bundle';
    assert.equal(args(), `${line} /run/edgeadm-upgrade/bundle`);
    assert.equal(args('https://example.com/b.tgz'), `${line} https://example.com/b.tgz`);
  });
});

describe('the Job of the controller', function () {
  this.timeout(20_000);
  let bed: UpgradeBed;
  beforeEach(async () => {
    bed = await upgradeBed();
  });
  afterEach(() => bed.end());

  it('the Job of the controller is made again if the one that is there is over, though the lease names it still', async () => {
    const plan = await bed.begin(['edge-1']);
    const left = controllerJob(plan.spec, { servers: [], nodes: [] }) as V1Job;
    await bed.client.create(JOBS, left);
    const conditions = [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }];
    await bed.client.patch(`${JOBS}/${left.metadata?.name}/status`, { status: { conditions } });
    await leaseOf(bed.client, 'edgeadm-upgrade-controller-dead1');
    await ensureController(bed.client, plan, signal);
    const [job] = await listJobs(bed.client);
    assert.equal(job?.status?.conditions, undefined);
  });

  it('the Job of the controller is made again with the image of continue', async () => {
    await bed.begin(['edge-1']);
    await bed.client.create(JOBS, controllerJob(SPEC, { servers: [], nodes: [] }));
    await leaseOf(bed.client, 'edgeadm-upgrade-controller-old01');
    const plan = await continueUpgrade(bed.client, { image: 'example.com/mended:2' });
    await ensureController(bed.client, plan, signal);
    assert.deepEqual((await listJobs(bed.client)).map(imageOf), ['example.com/mended:2']);
  });
});

function leaseOf(client: ApiClient, holderIdentity: string): Promise<unknown> {
  return client.create('/apis/coordination.k8s.io/v1/namespaces/kube-upgrade/leases', {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'edgeadm-upgrade-controller' },
    spec: { holderIdentity, leaseDurationSeconds: 30 },
  });
}

interface Ran {
  readonly node: string;
  readonly image: string | undefined;
}

interface JobControllerOptions {
  /** What the pod prints before it fails; undefined where it succeeds. */
  readonly verdict: (run: { node: string; tries: number }) => string | undefined;
  /** In how many looks a pod is still there after its Job was deleted. */
  readonly lingers?: number;
  /** How many pods run until they are let go. */
  readonly hold?: number;
}

/** Does what Kubernetes' Job controller, garbage collector and kubelets do with these Jobs. */
function jobController(client: ApiClient, { verdict, lingers = 1, hold = 0 }: JobControllerOptions) {
  const ran: Ran[] = [];
  const ending = new Map<string, number>();
  const self = { ran, together: 0, stop: async () => {}, held: hold };
  let stopped = false;
  const turn = async (): Promise<void> => {
    const [jobs, pods] = await Promise.all([
      client.get<{ items: V1Job[] }>(JOBS),
      client.get<{ items: V1Pod[] }>(PODS),
    ]);
    self.together = Math.max(self.together, pods.items.length);
    for (const pod of pods.items) {
      const uid = pod.metadata?.ownerReferences?.[0]?.uid ?? '';
      if (jobs.items.some(({ metadata }) => metadata?.uid === uid)) continue;
      ending.set(uid, (ending.get(uid) ?? 0) + 1);
      if ((ending.get(uid) ?? 0) <= lingers) continue;
      await client.delete(`${PODS}/${pod.metadata?.name}`);
    }
    for (const job of jobs.items) {
      const pod = pods.items.find(({ metadata }) => metadata?.ownerReferences?.[0]?.uid === job.metadata?.uid);
      if (!pod) await begin(job);
      else if (!job.status?.conditions && ran.length > self.held) await finish(job, pod);
    }
  };
  const begin = async ({ metadata, spec }: V1Job): Promise<void> => {
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: metadata?.name, uid: metadata?.uid };
    const labels = { ...spec?.template.metadata?.labels, 'job-name': metadata?.name ?? '' };
    await client.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generateName: `${metadata?.name}-`, labels, ownerReferences: [owner] },
      spec: spec?.template.spec,
    });
    ran.push({ node: spec?.template.spec?.nodeName ?? '', image: spec?.template.spec?.containers[0]?.image });
  };
  const finish = async (job: V1Job, pod: V1Pod): Promise<void> => {
    const node = pod.spec?.nodeName ?? '';
    const message = verdict({ node, tries: ran.filter((each) => each.node === node).length });
    const terminated = { exitCode: message === undefined ? 0 : 1, message };
    const phase = message === undefined ? 'Succeeded' : 'Failed';
    const podStatus = { phase, containerStatuses: [{ state: { terminated } }] };
    await client.patch(`${PODS}/${pod.metadata?.name}/status`, { status: podStatus });
    const type = message === undefined ? 'Complete' : 'Failed';
    const conditions = [{ type, status: 'True', reason: message && 'BackoffLimitExceeded' }];
    await client.patch(`${JOBS}/${job.metadata?.name}/status`, { status: { conditions } });
  };
  const loop = (async () => {
    while (!stopped) {
      await turn().catch(() => {});
      await delay(5);
    }
  })();
  self.stop = () => {
    stopped = true;
    return loop;
  };
  return self;
}
