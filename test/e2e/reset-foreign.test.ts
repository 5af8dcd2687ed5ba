import assert from 'node:assert/strict';
import fc from 'fast-check';
import { installCni, type Node, photograph, podCidrOf, world } from '../testbed/index.ts';
import { CLEARED, commandsOf, KINDS, type Planted } from './foreign-things.ts';
import { freshNode, inWorlds, joinArgs, testBed, traces } from './support.ts';

const RUNS = Number(process.env.EDGEADM_TEST_FUZZ_RUNS ?? 3);

const planted: fc.Arbitrary<Planted> = fc
  .record({
    kind: fc.constantFrom(...Object.keys(KINDS)),
    folder: fc.constantFrom(...CLEARED),
    when: fc.constantFrom<Planted['when']>('before', 'joined'),
  })
  .map((thing) => ({ ...thing, when: KINDS[thing.kind]?.only ?? thing.when }));

async function shell(node: Node, command: string): Promise<string> {
  const { exitCode, stdout, stderr } = await node.exec('sh', '-c', command);
  assert.equal(exitCode, 0, `${command}: ${stderr}`);
  return stdout;
}

inWorlds('guide', 'today')('reset among the things of others', () => {
  let node: Node;

  before(async () => {
    node = await freshNode('rf-node');
  });

  it('leaves what other programs and administrators have on a real node, wherever it lies', async () => {
    const property = fc.asyncProperty(fc.array(planted, { minLength: 4, maxLength: 9 }), async (things) => {
      const all = things.map((thing, n) => ({ ...thing, ...commandsOf(thing, n, world.pauseImage) }));
      const untouched = await photograph(node);
      const plant = async (when: Planted['when']): Promise<void> => {
        for (const thing of all) if (thing.when === when) await shell(node, thing.plant);
      };
      await plant('before');
      await join(node);
      await plant('joined');
      const states = await Promise.all(all.map(({ state }) => shell(node, state)));
      const unchanged = async (): Promise<void> => {
        for (const [i, { kind, folder, state }] of all.entries())
          assert.equal(await shell(node, state), states[i], `${kind}, ${folder}`);
      };
      const first = await node.edgeadm(['reset', '--yes'], { timeout: 300 });
      await unchanged();
      const inTheWay = all.filter(({ isInTheWay }) => isInTheWay);
      if (inTheWay.length === 0) assert.equal(first.exitCode, 0, first.stderr);
      for (const { clear } of inTheWay.toReversed()) await shell(node, clear);
      const second = await node.edgeadm(['reset', '--yes'], { timeout: 300 });
      assert.equal(second.exitCode, 0, second.stderr);
      for (const { clear } of all.filter(({ isInTheWay }) => !isInTheWay).toReversed())
        await node.exec('sh', '-c', clear);
      // What may stay: folders that were planted to hold something, and the mount that `ip netns add` makes.
      const left = (await traces(node, untouched)).filter(
        (line) => !/^\+ (\S+ {2}folder |mounts: \/run\/netns )/.test(line),
      );
      assert.deepEqual(left, []);
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  }).timeout(900_000);
});

async function join(node: Node): Promise<void> {
  const { cluster } = await testBed();
  // A file of somebody else's in the folder of static pods stops a join.
  const args = [...(await joinArgs()), '--ignore-preflight-errors', 'DirAvailable--etc-kubernetes-manifests'];
  const result = await node.edgeadm(args, { timeout: 300 });
  assert.equal(result.exitCode, 0, `${result.stderr}\n${result.stdout}`);
  await installCni(node, await podCidrOf(cluster, node.name));
  await cluster.waitForNode(node.name);
}
