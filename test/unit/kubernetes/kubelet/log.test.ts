import assert from 'node:assert/strict';
import { kubeletComplaints, kubeletRefusals, sinceLastStart } from '../../../../src/kubernetes/kubelet/log.ts';

describe('the log of a kubelet', () => {
  it('tells the last words of one that died, not its flags and stacks', () => {
    const text = [
      '      --v Level   number for the log level verbosity',
      'F1121 00:35:41.085096     300 server.go:156] unknown flag: --no-such-flag',
      'goroutine 1 [running]:',
      'k8s.io/kubernetes/vendor/k8s.io/klog/v2.stacks(0x1)',
      '\t/go/src/k8s.io/kubernetes/vendor/k8s.io/klog/v2/klog.go:1026 +0x89',
      "kubelet.service: Failed with result 'exit-code'.",
    ].join('\n');
    assert.equal(kubeletComplaints(text), 'F1121 00:35:41.085096     300 server.go:156] unknown flag: --no-such-flag');
  });

  it('knows how newer ones die', () => {
    const words = 'E0101 10:00:00.000000       1 run.go:74] "command failed" err="failed to parse kubelet flag"';
    assert.equal(kubeletComplaints(`I0101 x\n${words}\nkubelet.service: Main process exited`), words);
  });

  it('tells what one that runs complains about, but not that it has no Node object yet', () => {
    const text = [
      'E1121 00:35:41.0  300 kubelet.go:2240] node "n1" not found',
      'E1121 00:35:42.0  300 pod_workers.go:191] Error syncing pod x: ImagePullBackOff: "localhost/none:1"',
      'I1121 00:35:43.0  300 server.go:1] all is well',
      'E1121 00:35:44.0  300 kubelet.go:2240] node "n1" not found',
    ].join('\n');
    assert.match(kubeletComplaints(text), /^E\S+ \S+ +300 pod_workers[^\n]+none:1"$/);
  });

  it('the log of a kubelet is shown to its end if it complains of nothing', () => {
    assert.equal(kubeletComplaints('a\nb\n\nc\n', 2), 'b\nc');
  });

  const DIED = 'F1121 00:00:01.0  300 server.go:156] unknown flag: --x';
  const STARTED = 'Started kubelet.service - kubelet: The Kubernetes Node Agent.';

  it('the log of a kubelet is about its present alone: what it died of before it was mended is not shown', () => {
    const text = `${STARTED}\n${DIED}\nStopped kubelet.service\n${STARTED}\nI1121 all is well`;
    assert.equal(sinceLastStart(text), `${STARTED}\nI1121 all is well`);
  });

  it('the log of a kubelet has its last words if systemd has just started it again', () => {
    const again = 'kubelet.service: Scheduled restart job, restart counter is at 3.';
    const text = `${STARTED}\nold\n${STARTED}\n${DIED}\n${again}\n${STARTED}\nI1121 starting`;
    assert.equal(kubeletComplaints(sinceLastStart(text)), DIED);
    assert.doesNotMatch(sinceLastStart(text), /old/);
  });

  it('says that the cluster does not know the node, or does not let it in', () => {
    const gone =
      'E1121 kubelet_node_status.go:447] Error updating node status, will retry: error getting node "n": nodes "n" not found';
    const refused = 'E1121 kubelet_node_status.go:93] Unable to register node "n" with API server: Unauthorized';
    const early = 'E1121 kubelet.go:2240] node "n" not found';
    assert.deepEqual(kubeletRefusals([gone, early, refused].join('\n')), [gone, refused]);
    const registered = 'I1121 kubelet_node_status.go:78] "Successfully registered node" node="n"';
    assert.deepEqual(kubeletRefusals([gone, registered].join('\n')), [], 'it had looked before it registered the node');
    assert.deepEqual(kubeletRefusals([registered, gone].join('\n')), [gone], 'the node was deleted');
    // As a kubelet 1.37.2 logged them behind a hub, a third of a second after it had registered the node.
    const lagging = [
      'E1129 kubelet_node_status.go:396] "Error getting the current node from lister" err="node \\"n\\" not found"',
      'E1129 kubelet_node_status.go:479] "Error updating node status, will retry" err="error getting node \\"n\\": node \\"n\\" not found"',
    ];
    assert.deepEqual(kubeletRefusals([registered, ...lagging].join('\n')), [], 'its cache does not have the node yet');
    const deleted =
      'E1129 kubelet_node_status.go:479] "Error updating node status, will retry" err="error getting node \\"n\\": nodes \\"n\\" not found"';
    assert.deepEqual(kubeletRefusals([...lagging, deleted].join('\n')), [deleted], 'the API server says so');
  });
});
