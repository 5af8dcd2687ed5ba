import assert from 'node:assert/strict';
import { inWorlds, joinArgs, testBed, WITH_HUB } from '../e2e/support.ts';
import { until } from '../testbed/index.ts';
import { tracesAfterBoot, tracesOn } from './photograph.ts';
import { cutPowerDuring, freshMachine, nameOf, randomMoment, type Subject, succeed } from './support.ts';

/** Those in which files of the node are written and other programs work. */
const JOIN = [
  'prepare-node',
  'install-runtime/images',
  'install-kubelet',
  'join-node',
  'install-edgehub',
  'post-check',
];

const NAME = 'vm-node';

/** A story that is short enough for `npm test`: each step stands on the one before it. */
inWorlds('guide', 'today')('a virtual machine as a node', function () {
  this.timeout(7_200_000);
  this.bail(true);
  let subject: Subject;
  let line: string[];

  before(async () => {
    subject = await freshMachine(NAME);
    line = await joinArgs(...WITH_HUB);
  });
  after(() => subject?.machine.down());

  it('the virtual machine has cgroup v2 and nothing of version 1', async () => {
    const { stdout } = await subject.machine.must('findmnt', '-rno', 'FSTYPE', '/sys/fs/cgroup');
    assert.equal(stdout, 'cgroup2');
    const version1 = await subject.machine.exec('grep', '-c', ' cgroup ', '/proc/mounts');
    assert.equal(version1.stdout, '0');
  });

  const first = randomMoment(JOIN);
  it(`the power is cut ${nameOf(first)}: the same line joins it`, async () => {
    await cutPowerDuring(subject.machine, line, first);
    await succeed(subject.machine, line);
    await (await testBed()).cluster.waitForNode(NAME);
  });

  it('after a power cut it becomes Ready without help, as the same node', async () => {
    const { cluster } = await testBed();
    const { uid } = await nodeObject();
    await subject.machine.cutPower();
    await Promise.all([cluster.waitForNode(NAME, false, 120), subject.machine.boot()]);
    await cluster.waitForNode(NAME, true, 300);
    assert.equal((await nodeObject()).uid, uid);
  });

  it('a reset leaves nothing, the dummy interface and the rules of a hub included', async () => {
    const { machine, before } = subject;
    await layHubTraces();
    await succeed(machine, ['reset', '--yes']);
    assert.deepEqual(await tracesOn(machine, before), []);
  });

  it('a machine that was reset boots as it was before the join', async () => {
    await subject.machine.reboot();
    assert.deepEqual(await tracesAfterBoot(subject.machine, subject.before), []);
  });

  /** What a hub makes in the kernel of a machine that has the modules for it. */
  async function layHubTraces(): Promise<void> {
    const { machine } = subject;
    await machine.must('ip', 'link', 'add', 'hub-dummy0', 'type', 'dummy');
    await machine.must('ip', 'address', 'add', '169.254.2.1/32', 'dev', 'hub-dummy0');
    const rule = ['-p', 'tcp', '-d', '169.254.2.1', '--dport', '10261', '-j', 'NOTRACK'];
    await machine.must('iptables', '-t', 'raw', '-I', 'OUTPUT', ...rule);
    await until('the rule', async () => /NOTRACK|CT --notrack/.test((await machine.must('iptables-save')).stdout));
  }

  async function nodeObject(): Promise<{ uid: string }> {
    const { cluster } = await testBed();
    const found = await cluster.get<{ metadata: { uid: string } }>(`/api/v1/nodes/${NAME}`);
    return found?.metadata ?? assert.fail(`there is no node ${NAME}`);
  }
});
