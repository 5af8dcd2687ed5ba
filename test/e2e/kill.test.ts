import assert from 'node:assert/strict';
import {
  installCni,
  type Node,
  nodejsInNode,
  type Photograph,
  photograph,
  productInNode,
  type Result,
} from '../testbed/index.ts';
import { sideBySide, type Tell } from './side-by-side.ts';
import { freshNode, joinArgs, RUNTIME_BUNDLE, testBed, traces, WITH_HUB, withoutRuntime } from './support.ts';

/** When a run is ended: as soon as it tells that a phase begins (or ends), or so many seconds later. */
interface Moment {
  readonly phase: string;
  readonly event?: 'phase-end';
  readonly after?: number;
}

/**
 * Every phase of a join that has none below it, in order. Where one takes long enough to be hit in its middle, `after`
 * is half of what it takes on an idle machine, or less.
 */
const PHASES: readonly Moment[] = [
  { phase: 'preflight', after: 0.12 },
  { phase: 'prepare-node/journal', after: 0.01 },
  { phase: 'prepare-node/kernel-modules', after: 0.01 },
  { phase: 'prepare-node/sysctls' },
  { phase: 'prepare-node/cni-order' },
  { phase: 'install-runtime/containerd' },
  { phase: 'install-runtime/config', after: 0.01 },
  { phase: 'install-runtime/images', after: 0.15 },
  { phase: 'install-kubelet/binaries', after: 0.15 },
  { phase: 'install-kubelet/service', after: 0.1 },
  { phase: 'join-node/certificates', after: 0.02 },
  { phase: 'join-node/kubelet-config', after: 0.01 },
  { phase: 'join-node/edge-hub', after: 0.02 },
  { phase: 'join-node/kubelet-start', after: 0.01 },
  { phase: 'install-edgehub', after: 3 },
  { phase: 'post-check/runtime', after: 0.01 },
  { phase: 'post-check/kubelet', after: 0.01 },
  { phase: 'post-check/edgehub' },
  { phase: 'post-check/node-ready', after: 0.03 },
  { phase: 'post-check/addons', after: 0.03 },
];

/** Each phase's beginning and middle, and the last moment before the journal says that the node is joined. */
const MOMENTS: readonly Moment[] = [
  ...PHASES.flatMap(({ phase, after }) => [{ phase }, ...(after ? [{ phase, after }] : [])]),
  { phase: 'post-check', event: 'phase-end' },
];
const NODES = Number(process.env.NODES ?? 4);

const flags = [...WITH_HUB, '--allowed-cluster-addons', 'kube-proxy'];

describe('a join that is killed', () => {
  sideBySide(
    Object.fromEntries(
      Array.from({ length: NODES }, (_, i) => [
        `node ${i + 1}`,
        (test) => story(test, `kill${i + 1}`, MOMENTS.filter((_moment, j) => j % NODES === i)),
      ]),
    ),
    testBed,
  );
});

function story(test: Tell, name: string, moments: readonly Moment[]): void {
  let node: Node;
  let before: Photograph;
  let join: string[];
  test('is made', async () => {
    node = await freshNode(name);
    await installCni(node, '10.244.0.0/24');
    join = await joinArgs(...flags);
    before = await photograph(node);
  });
  for (const moment of moments) {
    test(`killed ${nameOf(moment)}: reset leaves nothing`, async () => {
      await kill(node, join, moment);
      await run(node, ['reset', '--yes']);
      assert.deepEqual(await traces(node, before), []);
    });
    test(`killed ${nameOf(moment)}: the same command joins the node`, async () => {
      await kill(node, join, moment);
      await run(node, join);
      const { cluster } = await testBed();
      await cluster.waitForNode(name, true, 1);
      await run(node, ['reset', '--yes']);
    });
  }
}

function nameOf({ phase, event, after }: Moment): string {
  return after ? `${after} s into ${phase}` : `as ${phase} ${event ? 'ends' : 'begins'}`;
}

/**
 * Runs in the node, so that nothing comes between what edgeadm tells and the signal: passes on what edgeadm prints, and
 * ends it so long after the first line that fits.
 */
const WATCHER = `
pattern=$1 delay=$2 signal=$3
shift 3
coproc RUN { exec "$@"; }
pid=$RUN_PID
exec 3<&"\${RUN[0]}"
while IFS= read -r -u 3 line; do
  printf '%s\\n' "$line"
  [[ $line == $pattern ]] || continue
  sleep "$delay"
  kill -"$signal" "$pid"
  pattern=
done
wait "$pid"
`;

/** Runs edgeadm and sends it a signal at that moment. */
function interrupt(node: Node, args: string[], moment: Moment, signal: 'KILL' | 'TERM' | 'INT'): Promise<Result> {
  const { phase, event = 'phase-start', after = 0 } = moment;
  const pattern = `*"type":"${event}"*"phase":"${phase}"*`;
  const program = [`${nodejsInNode}/node`, `${productInNode}/bin/run.js`, ...args, '--output', 'json'];
  return node.run('bash', ['-c', WATCHER, 'watcher', pattern, String(after), signal, ...program], { timeout: 120 });
}

async function kill(node: Node, args: string[], moment: Moment): Promise<void> {
  const { exitCode, stdout, stderr } = await interrupt(node, args, moment, 'KILL');
  assert.equal(exitCode, 137, `it was not killed ${nameOf(moment)}:\n${stdout}\n${stderr}`);
}

async function run(node: Node, args: string[]): Promise<Result> {
  const result = await node.edgeadm(args, { timeout: 120 });
  assert.equal(result.exitCode, 0, `edgeadm ${args[0]} on ${node.name}:\n${result.stderr}\n${result.stdout}`);
  return result;
}
