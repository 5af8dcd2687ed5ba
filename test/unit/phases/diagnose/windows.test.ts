import assert from 'node:assert/strict';
import { toNativePath } from '../../../../src/host/windows/paths.ts';
import type { ClusterFacts, TroubledPod } from '../../../../src/phases/diagnose/collectors/cluster-facts.ts';
import type { KnownFacts } from '../../../../src/phases/diagnose/finding.ts';
import { RULE_TEXTS } from '../../../../src/phases/diagnose/rule-texts.ts';
import { findings } from '../../../../src/phases/diagnose/rules.ts';
import { onWindows } from '../../../../src/phases/diagnose/windows/finding.ts';
import { linuxWordsIn } from '../../host/windows/linux-words.ts';

const NOW = Date.parse('2030-01-01');
const SERVER = { server: 'https://10.0.0.1:6443', answers: true, detail: 'HTTP 200', date: NOW, differenceMs: 0 };
const KUBELET = { active: false, detail: 'stopped, exit code 1067' };
const JOINED: KnownFacts = { kubeletConfigured: true, kubelet: { active: true, detail: 'running' } };
const RUNTIME = { answers: true, detail: '', unit: 'containerd.service', images: ['pause:3'] };
const HUB = {
  manifest: 'service yurthub',
  image: undefined,
  service: { enabled: true, detail: 'the service yurthub is stopped' },
  healthy: false,
  detail: 'refused',
};
const condition = (type: string, status: string) => ({ type, status, reason: 'R', message: 'M' });
const ofCluster = (more: Partial<ClusterFacts>): KnownFacts => ({
  ...JOINED,
  cluster: { name: 'win1', found: true, as: '', pods: [], evicted: [], ...more },
});
const inTrouble = (type: string): KnownFacts =>
  ofCluster({ troubles: [{ type, reason: 'R', message: 'M', since: '2030-01-01T00:00:00Z' }] });
const isReady = (status: string): KnownFacts =>
  ofCluster({ node: { status: { conditions: [condition('Ready', status)] } } });
const withPod = (more: Partial<TroubledPod>): TroubledPod[] => [
  { pod: 'default/web', problem: 'CrashLoopBackOff', message: 'M', time: NOW, ...more },
];
const notMounted = (mount: string): KnownFacts => ofCluster({ pods: withPod({ mount }) });

/** What is found of a Windows node, by what is known of it. */
const CASES: Readonly<Partial<Record<keyof typeof RULE_TEXTS, readonly KnownFacts[]>>> = {
  DiskFull: [{ disks: [{ mount: 'C:\\', what: 'space', usedPercent: 99 }] }],
  Hanging: [{ hanging: ['services/state', 'kubelet/state'] }, { hanging: ['system/disks'] }],
  Clock: [{ apiServers: [{ ...SERVER, differenceMs: 7_200_000 }] }],
  DamagedFile: [{ damagedFiles: ['/etc/kubernetes/kubelet.conf: it is empty'] }],
  DamagedState: [{ damagedStates: [{ path: '/var/lib/kubelet/cpu_manager_state', why: 'it is empty' }] }],
  CertificateExpired: [
    {
      clock: { node: NOW, uncertaintyMs: 0 },
      certificates: [{ path: '/etc/kubernetes/pki/ca.crt', subject: 'CN=a', validTo: NOW - 1 }],
    },
  ],
  Unfinished: [{ journal: { unfinished: { command: 'join', time: '2030-01-01T00:00:00Z' } } }],
  Runtime: [
    {
      ...JOINED,
      runtime: { ...RUNTIME, answers: false, detail: 'refused' },
      units: { 'containerd.service': 'stopped' },
    },
  ],
  Kubelet: [
    { ...JOINED, kubelet: KUBELET },
    { ...JOINED, kubelet: KUBELET, complaints: 'unknown flag: --x' },
    { ...JOINED, kubeletHealth: { healthy: false, detail: 'refused' } },
  ],
  Pressure: [
    ...['DiskPressure', 'MemoryPressure', 'PIDPressure'].map(inTrouble),
    { ...JOINED, evictionLines: ['attempting to reclaim memory'] },
    { ...JOINED, evictionLines: ['attempting to reclaim ephemeral-storage'] },
  ],
  EdgeHubManifest: [{ ...JOINED, missingHub: 'http://127.0.0.1:10261' }],
  APIServer: [{ ...JOINED, apiServers: [{ ...SERVER, answers: false, detail: 'timed out' }] }],
  EdgeHub: [{ ...JOINED, hub: HUB, hubLog: 'the service terminated' }],
  Refused: [
    ofCluster({ found: false, isOther: true, why: 'the Node win1 belongs to another machine' }),
    ofCluster({ found: false, why: 'the cluster has no Node win1' }),
    { ...JOINED, refusals: ['Unable to register node: Unauthorized'] },
    {
      ...JOINED,
      refusals: ['nodes "win1" not found'],
      journal: { unfinished: { command: 'join', time: '2030-01-01T00:00:00Z' } },
    },
  ],
  NetworkUnavailable: [inTrouble('NetworkUnavailable')],
  NotReady: ['Unknown', 'False'].map(isReady),
  Mount: [
    'secret "a" not found',
    'hostPath type check failed',
    'mount.nfs: not found',
    'read-only file system',
    'driver name a.b not found in the list of registered CSI drivers',
    'Multi-Attach error',
    'something else',
  ].map(notMounted),
  Journal: [{ ...JOINED, journal: { unreadable: 'line 3 of journal.jsonl: it is not JSON' } }],
  CNI: [
    { ...JOINED, cniFiles: [] },
    {
      ...JOINED,
      cniFiles: ['10-flannel.conf'],
      runtime: { ...RUNTIME, network: { ready: false, detail: 'cni plugin not initialized' } },
    },
  ],
  NotJoined: [{ kubeletConfigured: false }],
  Condition: [inTrouble('ReadonlyFilesystem')],
  Unschedulable: [
    ofCluster({ cordoned: true }),
    ofCluster({ taints: ['node.kubernetes.io/out-of-service=x:NoExecute'] }),
  ],
  Pods: [ofCluster({ pods: withPod({}) }), ofCluster({ pods: withPod({ problem: 'ImagePullBackOff' }) })],
  Evicted: [{ ...ofCluster({ evicted: withPod({ problem: 'Evicted' }) }), clock: { node: NOW, uncertaintyMs: 0 } }],
};

/** Of these no collector of Windows looks for the facts. */
const NOT_ON_WINDOWS = ['Swap', 'EdgeHubImage', 'EdgeHubPods', 'EdgeHubTwice', 'EdgeHubAtBoot', 'OfflineAutonomy'];

describe('a diagnosis of a Windows node', () => {
  for (const [rule, cases] of Object.entries(CASES))
    for (const [index, facts] of cases.entries())
      it(`${rule} (${index + 1} of ${cases.length}) is told without a program, a path or a service that only Linux has`, () => {
        const found = findings(facts).find((each) => each.rule === rule);
        assert.ok(found, 'the rule finds nothing');
        const { what, evidence, next } = onWindows(found, (path) => toNativePath(path, 'C:'));
        assert.deepEqual(linuxWordsIn([what, evidence, next].join('\n')), []);
      });

  it('no rule is left out of what is tried here', () => {
    const tried = [...Object.keys(CASES), ...NOT_ON_WINDOWS, 'JoinFailed'];
    assert.deepEqual(tried.sort(), Object.keys(RULE_TEXTS).sort());
  });
});
