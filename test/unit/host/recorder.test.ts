import assert from 'node:assert/strict';
import { recorder } from '../../../src/host/recorder.ts';
import { fakeHost } from '../fake-host.ts';

function dryRun(files: Parameters<typeof fakeHost>[0]) {
  const host = fakeHost(files);
  const plan: string[] = [];
  return { host, plan, dry: recorder(host, (action) => plan.push(action)) };
}

describe('a dry run', () => {
  it('tells once what would be removed, files and folders alike, and removes nothing', async () => {
    const { host, plan, dry } = dryRun({ files: { '/etc/old': 'x', '/run/netns': { directory: true } } });
    for (const path of ['/etc/old', '/run/netns', '/etc/old', '/etc/nothing']) await dry.remove(path);
    assert.deepEqual(plan, ['remove /etc/old', 'remove /run/netns']);
    assert.deepEqual(host.changes, []);
  });

  it('the plan says that contents are removed of folders only', async () => {
    const { plan, dry } = dryRun({ files: { '/etc/old': 'x', '/run/netns': { directory: true } } });
    for (const path of ['/etc/old', '/run/netns']) await dry.removeTree(path);
    assert.deepEqual(plan, ['remove /etc/old', 'remove /run/netns and its contents']);
  });

  it('tells once which folders would be made', async () => {
    const { plan, dry } = dryRun({});
    for (const path of ['/etc/new', '/etc/new']) await dry.makeDirectory(path, 0o755);
    assert.deepEqual(plan, ['create folder /etc/new (0755)']);
  });

  it('shows later steps the node as it would be', async () => {
    const { dry } = dryRun({ files: { '/etc/a': 'old', '/etc/b': 'there' } });
    await dry.write('/etc/a', 'new', { mode: 0o644 });
    await dry.remove('/etc/b');
    assert.equal(await dry.read('/etc/a'), 'new');
    assert.equal(await dry.stat('/etc/b'), undefined);
  });

  it('shows a difference for text that is no secret, and none for a secret', async () => {
    const host = fakeHost({ files: { '/etc/open': 'one\n', '/etc/secret': 'two\n' } });
    const diffs: (string | undefined)[] = [];
    const dry = recorder(host, (_action, diff) => diffs.push(diff));
    await dry.write('/etc/open', 'changed\n', { mode: 0o644 });
    await dry.write('/etc/secret', 'changed\n', { mode: 0o600 });
    assert.match(diffs[0] ?? '', /^-one\n\+changed$/m);
    assert.equal(diffs[1], undefined);
  });
});
