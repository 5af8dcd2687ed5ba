import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type BedNode, CLUSTER_VERSION, type WorkflowBed, workflowBed } from '../integration/workflow-bed/bed.ts';
import { MODES } from '../unit/http/hostile-server.ts';
import { edgeadm, startEdgeadm } from './program.ts';

/** It is killed so long after the signal: a request alone ends by itself only later. */
const KILL_AFTER_MS = 9000;
const KUBELET_CONF = '/etc/kubernetes/kubelet.conf';

/** upgrade and reset act on a node that is joined: the server that they ask is the one in the kubelet's kubeconfig. */
describe('a command on a joined node while its API server says nothing', function () {
  this.timeout(60_000);
  let bed: WorkflowBed;
  let bundle: string;
  before(async () => {
    bed = await workflowBed();
    bundle = await bed.bundle(CLUSTER_VERSION);
  });
  after(() => bed.close());

  const words: Readonly<Record<string, (node: BedNode) => string[]>> = {
    upgrade: ({ root }) => ['upgrade', '--root', root, '--bundle', bundle],
    reset: ({ root }) => ['reset', '--root', root],
  };
  for (const [command, wordsOf] of Object.entries(words)) {
    for (const signalName of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      it(`edgeadm ${command} is ended by the first ${signalName} with 130, and the node can be reset`, async () => {
        const node = await bed.node();
        const before = await node.photograph();
        await node.join();
        const way = await bed.hostileApi();
        const server = new EventEmitter();
        way.fault = {
          at: 0,
          misbehave: MODES['says nothing'] ?? (() => {}),
          afterwards: () => void server.emit('asked'),
        };
        const conf = await node.text(KUBELET_CONF);
        await node.put(KUBELET_CONF, conf.replace(`:${bed.api.port}`, `:${way.port}`));
        const asked = once(server, 'asked');
        const running = startEdgeadm(wordsOf(node));
        const first = await Promise.race([asked.then(() => undefined), running]);
        assert.equal(first, undefined, `it ended before it had asked: ${first?.stdout}${first?.stderr}`);
        running.kill(signalName);
        const tooLate = setTimeout(() => running.kill('SIGKILL'), KILL_AFTER_MS);
        const { exitCode, signal, stderr } = await running;
        clearTimeout(tooLate);
        assert.equal(signal, undefined, 'it had to be killed');
        assert.equal(exitCode, 130, stderr);
        assert.match(stderr, /INTERRUPTED/);
        const reset = await edgeadm(['reset', '--root', node.root]);
        assert.equal(reset.exitCode, 0, reset.stderr);
        const after = await node.photograph();
        assert.deepEqual(after, before);
      });
    }
  }
});
