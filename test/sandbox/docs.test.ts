import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { load } from 'js-yaml';
import { type PageMachine, pageMachine, withFiles } from './pages/machine.ts';
import { blockOf, isShown, runnableBlocks } from './pages/page.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const TASKS = 'docs/tasks';

/** What is there before the page is pasted: nothing, files, or a cluster with this node as well. */
const BEFORE: Record<string, { files?: boolean; node?: readonly string[]; first?: string }> = {
  'README.md': {},
  'ci.md': {},
  'first-node.md': { node: ['--os', 'Debian 12', '--kernel', '6.1.0-18'] },
  'bundle.md': {},
  'air-gapped.md': { files: true, node: ['--os', 'Ubuntu 20.04'] },
  'proxy.md': { node: ['--os', 'Ubuntu 20.04'] },
  '../addon.md': {},
  '../automation.md': { node: ['--os', 'Ubuntu 20.04'] },
  '../bundle.md': { files: true, first: 'bundle.md' },
  '../cluster.md': {},
  '../cluster-upgrade.md': {},
  '../cluster-upgrade-service.md': {},
  '../diagnose.md': { node: ['--os', 'Ubuntu 20.04'] },
  '../eni.md': {},
  '../hosts.md': {},
  '../inside-the-cluster.md': {},
  '../join.md': {},
  '../node.md': {},
  '../nodepool.md': {},
  '../sandbox.md': {},
  '../sandbox-cloud.md': {},
  '../upgrade.md': {},
  'recover.md': { files: true, node: ['--os', 'Ubuntu 20.04'], first: 'bundle.md' },
};

const read = (name: string) => readFile(join(PROJECT, name === 'README.md' ? name : `${TASKS}/${name}`), 'utf8');

describe('the pages of the documentation, pasted into a shell', () => {
  let machine: PageMachine;
  beforeEach(async () => {
    machine = await pageMachine();
  });
  afterEach(() => machine.remove());

  for (const [name, { files, node, first }] of Object.entries(BEFORE))
    it(`${name} works from the top to the end, and shows the true output`, async () => {
      if (files) await withFiles(machine);
      if (node) await machine.node(node);
      if (first) await machine.paste(runnableBlocks(await read(first)).map(({ commands }) => commands));
      const blocks = runnableBlocks(await read(name));
      assert.ok(blocks.length > 0, 'no block is marked with <!-- run -->');
      const outputs = await machine.paste(blocks.map(({ commands }) => commands));
      for (const [i, { commands, output }] of blocks.entries())
        if (output !== undefined)
          assert.ok(
            isShown(output, outputs[i] ?? ''),
            `${commands}\nprints:\n${outputs[i]}\nThe page shows:\n${output}`,
          );
    });

  it('cloud-init.md has a configuration that is valid, and commands that work', async () => {
    await withFiles(machine);
    await machine.node(['--os', 'Ubuntu 20.04']);
    const { write_files } = load(blockOf(await read('cloud-init.md'), 'yaml', '#cloud-config')) as UserData;
    await writeFile(join(machine.folder, 'join.yaml'), fileOf(write_files, '/root/edgeadm-join.yaml'));
    await writeFile(join(machine.folder, 'edge-1.20.tgz'), '');
    await machine.paste(runnableBlocks(await read('cloud-init.md')).map(({ commands }) => commands));
  });

  it('every task page is tried, and every other page with a block to run', async () => {
    const tasks = (await readdir(join(PROJECT, TASKS))).filter((name) => name !== 'cloud-init.md');
    const others: string[] = [];
    for (const name of (await readdir(join(PROJECT, 'docs'))).filter((each) => each.endsWith('.md')))
      if (runnableBlocks(await read(`../${name}`)).length > 0) others.push(`../${name}`);
    assert.deepEqual(Object.keys(BEFORE).sort(), ['README.md', ...tasks, ...others].sort());
  });

  it('every page begins with how to get edgeadm', async () => {
    // How to install edgeadm is the first page itself; the style guide is for those who change it.
    const without = ['install.md', 'style.md'];
    const names = (await readdir(join(PROJECT, 'docs'), { recursive: true })).filter((name) => name.endsWith('.md'));
    for (const name of names.filter((each) => !without.includes(each)))
      assert.match(
        await readFile(join(PROJECT, 'docs', name), 'utf8'),
        /^# .*\n\n(<!-- .* -->\n\n)?\*\*Get edgeadm:\*\* `curl .* chmod .* mv /,
        name,
      );
  });
});

interface UserData {
  readonly write_files: readonly { path: string; content: string; permissions?: string }[];
  readonly runcmd: readonly string[];
}

function fileOf(files: UserData['write_files'], path: string): string {
  const file = files.find((each) => each.path === path);
  assert.ok(file, path);
  return file.content;
}

describe('the user data of cloud-init.md', () => {
  let machine: PageMachine;
  before(async () => {
    machine = await pageMachine();
  });
  after(() => machine.remove());

  /** Runs the script with an edgeadm that ends with these exit codes, one after the other. */
  async function boot(
    codes: readonly number[],
  ): Promise<{ exitCode: number | undefined; calls: number; token: boolean }> {
    const root = join(machine.folder, `root-${codes.join('-')}`);
    await mkdir(join(root, 'bin'), { recursive: true });
    const edgeadm = `#!/bin/sh\necho "$*" >> ${root}/calls\nset -- ${codes.join(' ')}\nshift $(( $(wc -l < ${root}/calls) - 1 ))\nexit $1\n`;
    const sum = (await execa('sha256sum', { input: edgeadm })).stdout.split(' ')[0] ?? '';
    await writeFile(join(root, 'release'), edgeadm);
    await writeFile(join(root, 'bin/curl'), `#!/bin/sh\ncp ${root}/release edgeadm-linux-amd64\n`);
    await writeFile(join(root, 'bin/sleep'), '#!/bin/sh\n');
    for (const name of ['curl', 'sleep']) await chmod(join(root, 'bin', name), 0o755);
    const text = blockOf(await read('cloud-init.md'), 'yaml', '#cloud-config')
      .replaceAll('/root', root)
      .replaceAll('/usr/local/bin', join(root, 'bin'))
      .replace(/sum=0{64}/, `sum=${sum}`);
    const { write_files, runcmd } = load(text) as UserData;
    for (const { path, content, permissions = '0644' } of write_files)
      await writeFile(path, content, { mode: Number.parseInt(permissions, 8) });
    const env = { PATH: `${join(root, 'bin')}:${process.env.PATH}` };
    const { exitCode } = await execa('sh', ['-c', runcmd.join('\n')], { reject: false, extendEnv: false, env });
    const calls = (await readFile(join(root, 'calls'), 'utf8')).trim().split('\n').length;
    const token = await stat(join(root, 'edgeadm-token')).then(
      () => true,
      () => false,
    );
    return { exitCode, calls, token };
  }

  it('stops at exit code 2, and keeps the token for another try', async () => {
    assert.deepEqual(await boot([2, 0]), { exitCode: 2, calls: 1, token: true });
  });

  it('tries a node or cluster that is not ready again, and removes the token after the join', async () => {
    assert.deepEqual(await boot([3, 4, 0]), { exitCode: 0, calls: 3, token: false });
  });

  it('gives up after ten tries with the last exit code, and keeps the token', async () => {
    assert.deepEqual(await boot(Array(10).fill(4)), { exitCode: 4, calls: 10, token: true });
  });
});
