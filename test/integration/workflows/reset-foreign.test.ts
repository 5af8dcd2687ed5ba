import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import fc from 'fast-check';
import { PATHS } from '../../../src/host/node-paths.ts';
import { type WorkflowBed, workflowBed } from '../workflow-bed/bed.ts';
import { CLEARED, type ForeignThing, PRECIOUS, plant } from '../workflow-bed/foreign-things.ts';

const MOUNTS = fileURLToPath(new URL('../workflow-bed/reset-among-mounts.ts', import.meta.url));
const IGNORED = { ignorePreflightErrors: ['all'] };
const RUNS = Number(process.env.EDGEADM_TEST_FUZZ_RUNS ?? 4);

const thing: fc.Arbitrary<ForeignThing> = fc.record({
  folder: fc.constantFrom(...CLEARED),
  kind: fc.constantFrom<ForeignThing['kind']>('file', 'tree', 'link-in-folder', 'folder-is-link', 'network'),
  when: fc.constantFrom<ForeignThing['when']>('before', 'joined'),
});

describe('reset among the things of others', function () {
  this.timeout(300_000);
  let bed: WorkflowBed;
  before(async () => {
    bed = await workflowBed();
  });
  after(() => bed.close());

  it('leaves files, symlinks and networks of other programs as they were, wherever they lie', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(thing, { minLength: 1, maxLength: 6 }), async (things) => {
        const node = await bed.node();
        try {
          const kept: string[] = [];
          const plantAll = async (when: ForeignThing['when']): Promise<void> => {
            for (const [i, each] of things.entries())
              if (each.when === when) kept.push(...(await plant(node.root, each, i)));
          };
          await plantAll('before');
          await node.join({ spec: IGNORED });
          await plantAll('joined');
          const before = await node.photograph();
          await node.reset();
          const after = await node.photograph();
          for (const path of kept) assert.equal(after[path], before[path], path);
          const precious = Object.keys(before).filter((path) => /\/(passwd|ssl(\/key\.pem)?)$/.test(path));
          for (const path of precious.filter((each) => each.startsWith(PRECIOUS)))
            assert.equal(after[path], before[path], path);
        } finally {
          await node.remove();
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('removes nothing through a symlink that took the place of a folder after the join', async () => {
    const node = await bed.node();
    await node.join({ spec: IGNORED });
    for (const [i, folder] of CLEARED.entries())
      await plant(node.root, { folder, kind: 'folder-is-link', when: 'joined' }, i);
    await node.reset();
    const after = await node.photograph();
    for (const i of CLEARED.keys())
      assert.match(after[`${PRECIOUS}/${i}/passwd`] ?? 'gone', /^file/, String(CLEARED[i]));
  });

  it('says which files it left, and why', async () => {
    const node = await bed.node();
    await node.join({ spec: IGNORED });
    await plant(node.root, { folder: '/etc/cni/net.d', kind: 'network', when: 'joined' }, 3);
    await node.reset();
    assert.match(JSON.stringify(node.events), /50-shop-floor\.conflist was kept: it may belong to another program/);
  });

  it('keeps what an administrator put into /etc/kubernetes while the node was joined, and names it (kubernetes/kubeadm: reset removes known names)', async () => {
    for (const existed of [false, true]) {
      const node = await bed.node();
      const folder = join(node.root, PATHS.kubernetes.directory);
      if (existed) await mkdir(folder, { recursive: true });
      await node.join({ spec: IGNORED });
      await writeFile(join(folder, 'audit-policy.yaml'), 'kind: Policy\n');
      await writeFile(join(folder, 'pki/ca.srl'), '01\n');
      await node.reset();
      assert.deepEqual(await readdir(folder), ['audit-policy.yaml']);
      assert.match(
        JSON.stringify(node.events),
        /kubernetes\/audit-policy\.yaml was kept: it may belong to another program/,
      );
      await node.remove();
    }
  });

  if (process.getuid?.() === 0 && process.platform === 'linux')
    it('leaves what is mounted below its folders alone: bind mounts of /etc, tmpfs, shares', async () => {
      const args = ['--mount', '--propagation', 'private', process.execPath, MOUNTS, String(RUNS)];
      const { stdout } = await execa('unshare', args, { timeout: 240_000 });
      assert.match(stdout, /^\d+ resets among mounts, \d+ refused, \d+ done$/m);
      assert.match(stdout, /^nothing foreign was changed; refused at first: a bind mount in it, .*an immutable file$/m);
    });
});
